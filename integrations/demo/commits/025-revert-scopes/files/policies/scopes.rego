package larkspur.scopes

import rego.v1

# Scopes that give more than any feature of ours needs. See the review of incident 2114.
too_wide := {
	"salesforce": {"full", "web", "visualforce"},
	"zendesk": {"read", "write", "impersonate"},
	"jira": {"manage:jira-configuration"},
}

deny contains message if {
	some scope in input.effective.oauth_app.scopes
	scope in too_wide[input.integration]
	message := sprintf("%s: scope %q is wider than anything we use", [input.integration, scope])
}
