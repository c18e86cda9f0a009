module "jira_webhook" {
  source      = "../modules/webhook"
  header      = "X-Hub-Signature"
  host        = var.webhook_host
  integration = "jira"
  vault_path  = var.vault_path
}

resource "unified_api_integration" "jira" {
  name     = "jira"
  category = "ticketing"
  base_url = "https://api.atlassian.com/ex/jira/{cloud_id}/rest/api/3"

  auth = {
    type          = "oauth2"
    grant         = "authorization_code"
    authorize_url = "https://auth.atlassian.com/authorize"
    token_url     = "https://auth.atlassian.com/oauth/token"
    audience      = "api.atlassian.com"
  }

  pagination = {
    type         = "cursor"
    cursor_path  = "nextPageToken"
    cursor_param = "nextPageToken"
    limit_param  = "maxResults"
    page_size    = 100
  }

  rate_limit = {
    concurrency     = 10
    retry_after_max = 60
    remaining_from  = "X-RateLimit-Remaining"
  }

  endpoints = {
    tickets = {
      list   = { method = "GET", path = "/search/jql", items_path = "issues" }
      get    = { method = "GET", path = "/issue/{id}" }
      create = { method = "POST", path = "/issue" }
      update = { method = "PUT", path = "/issue/{id}" }
    }
    comments = {
      list = { method = "GET", path = "/issue/{ticket_id}/comment", items_path = "comments" }
    }
    users = {
      list = { method = "GET", path = "/users/search" }
    }
  }

  oauth_app {
    client_id_ref     = "${var.vault_path}/jira#client_id"
    client_secret_ref = "${var.vault_path}/jira#client_secret"
    scopes            = ["read:jira-work", "write:jira-work", "read:jira-user", "offline_access"]
  }

  webhook {
    url       = module.jira_webhook.url
    signature = module.jira_webhook.signature
  }
}

resource "unified_api_mapping" "jira_tickets_list" {
  integration      = unified_api_integration.jira.name
  unified_model    = "ticketing"
  resource         = "tickets"
  method           = "list"
  response_mapping = file("${path.module}/mappings/jira_tickets.jsonata")
  query_mapping    = file("${path.module}/mappings/jira_tickets_query.jsonata")
  error_mapping    = file("${path.module}/mappings/jira_error.jsonata")
}

resource "unified_api_mapping" "jira_tickets_get" {
  integration      = unified_api_integration.jira.name
  unified_model    = "ticketing"
  resource         = "tickets"
  method           = "get"
  response_mapping = file("${path.module}/mappings/jira_tickets.jsonata")
  error_mapping    = file("${path.module}/mappings/jira_error.jsonata")
}

resource "unified_api_mapping" "jira_tickets_create" {
  integration          = unified_api_integration.jira.name
  unified_model        = "ticketing"
  resource             = "tickets"
  method               = "create"
  request_body_mapping = file("${path.module}/mappings/jira_tickets_body.jsonata")
  error_mapping        = file("${path.module}/mappings/jira_error.jsonata")

  response_mapping = <<-EOT
    {
      "id": response.key,
      "url": response.self
    }
  EOT
}

resource "unified_api_mapping" "jira_tickets_update" {
  integration          = unified_api_integration.jira.name
  unified_model        = "ticketing"
  resource             = "tickets"
  method               = "update"
  request_body_mapping = file("${path.module}/mappings/jira_tickets_body.jsonata")
  error_mapping        = file("${path.module}/mappings/jira_error.jsonata")
}

resource "unified_api_mapping" "jira_comments_list" {
  integration   = unified_api_integration.jira.name
  unified_model = "ticketing"
  resource      = "comments"
  method        = "list"
  error_mapping = file("${path.module}/mappings/jira_error.jsonata")

  response_mapping = <<-EOT
    {
      "id": response.id,
      "ticket_id": query.ticket_id,
      "author_id": response.author.accountId,
      "body": $join(response.body.content.content.text, "\n"),
      "is_public": response.jsdPublic,
      "created_at": $fromMillis($toMillis(response.created))
    }
  EOT

  query_mapping = <<-EOT
    { "startAt": query.offset, "maxResults": query.limit, "orderBy": "created" }
  EOT
}

resource "unified_api_mapping" "jira_users_list" {
  integration   = unified_api_integration.jira.name
  unified_model = "ticketing"
  resource      = "users"
  method        = "list"
  error_mapping = file("${path.module}/mappings/jira_error.jsonata")

  response_mapping = <<-EOT
    {
      "id": response.accountId,
      "name": response.displayName,
      "email": response.emailAddress,
      "role": response.accountType = "customer" ? "customer" : "agent",
      "is_active": response.active,
      "time_zone": response.timeZone
    }
  EOT
}
