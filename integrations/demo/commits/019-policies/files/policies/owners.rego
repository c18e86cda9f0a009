package larkspur.owners

import rego.v1

deny contains message if {
	some account in input.accounts
	not account.owner
	message := sprintf("%s has no owner", [account.slug])
}

# Enterprise customers call a person, not a rota.
deny contains message if {
	some account in input.accounts
	"enterprise" in account.tags
	startswith(account.owner, "team:")
	not account.slug in data.larkspur.exceptions.team_owned
	message := sprintf("%s is an enterprise customer: its owner must be a person", [account.slug])
}
