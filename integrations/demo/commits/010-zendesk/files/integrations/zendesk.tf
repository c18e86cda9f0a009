module "zendesk_webhook" {
  source      = "../modules/webhook"
  algorithm   = "hmac-sha256-base64"
  header      = "X-Zendesk-Webhook-Signature"
  host        = var.webhook_host
  integration = "zendesk"
  vault_path  = var.vault_path
}

resource "unified_api_integration" "zendesk" {
  name     = "zendesk"
  category = "ticketing"
  base_url = "https://{subdomain}.zendesk.com/api/v2"

  auth = {
    type          = "oauth2"
    grant         = "authorization_code"
    authorize_url = "https://{subdomain}.zendesk.com/oauth/authorizations/new"
    token_url     = "https://{subdomain}.zendesk.com/oauth/tokens"
  }

  pagination = {
    type         = "cursor"
    cursor_path  = "meta.after_cursor"
    cursor_param = "page[after]"
    more_path    = "meta.has_more"
    page_size    = 100
  }

  rate_limit = {
    requests       = 400
    window_seconds = 60
    remaining_from = "X-Rate-Limit-Remaining"
  }

  endpoints = {
    tickets = {
      list   = { method = "GET", path = "/tickets.json", items_path = "tickets" }
      get    = { method = "GET", path = "/tickets/{id}.json", item_path = "ticket" }
      create = { method = "POST", path = "/tickets.json", item_path = "ticket" }
      update = { method = "PUT", path = "/tickets/{id}.json", item_path = "ticket" }
    }
    comments = {
      list = { method = "GET", path = "/tickets/{ticket_id}/comments.json", items_path = "comments" }
    }
    users = {
      list = { method = "GET", path = "/users.json", items_path = "users" }
    }
  }

  oauth_app {
    client_id_ref     = "${var.vault_path}/zendesk#client_id"
    client_secret_ref = "${var.vault_path}/zendesk#client_secret"
    scopes            = ["tickets:read", "tickets:write", "users:read"]
  }

  webhook {
    url       = module.zendesk_webhook.url
    signature = module.zendesk_webhook.signature
  }
}

resource "unified_api_mapping" "zendesk_tickets_list" {
  integration      = unified_api_integration.zendesk.name
  unified_model    = "ticketing"
  resource         = "tickets"
  method           = "list"
  response_mapping = file("${path.module}/mappings/zendesk_tickets.jsonata")
  query_mapping    = file("${path.module}/mappings/zendesk_query.jsonata")
  error_mapping    = file("${path.module}/mappings/zendesk_error.jsonata")
}

resource "unified_api_mapping" "zendesk_tickets_get" {
  integration      = unified_api_integration.zendesk.name
  unified_model    = "ticketing"
  resource         = "tickets"
  method           = "get"
  response_mapping = file("${path.module}/mappings/zendesk_tickets.jsonata")
  error_mapping    = file("${path.module}/mappings/zendesk_error.jsonata")
}

resource "unified_api_mapping" "zendesk_tickets_create" {
  integration          = unified_api_integration.zendesk.name
  unified_model        = "ticketing"
  resource             = "tickets"
  method               = "create"
  response_mapping     = file("${path.module}/mappings/zendesk_tickets.jsonata")
  request_body_mapping = file("${path.module}/mappings/zendesk_tickets_body.jsonata")
  error_mapping        = file("${path.module}/mappings/zendesk_error.jsonata")

  request_header_mapping = <<-EOT
    { "Idempotency-Key": context.request_id }
  EOT
}

resource "unified_api_mapping" "zendesk_tickets_update" {
  integration          = unified_api_integration.zendesk.name
  unified_model        = "ticketing"
  resource             = "tickets"
  method               = "update"
  response_mapping     = file("${path.module}/mappings/zendesk_tickets.jsonata")
  request_body_mapping = file("${path.module}/mappings/zendesk_tickets_body.jsonata")
  error_mapping        = file("${path.module}/mappings/zendesk_error.jsonata")
}

resource "unified_api_mapping" "zendesk_comments_list" {
  integration      = unified_api_integration.zendesk.name
  unified_model    = "ticketing"
  resource         = "comments"
  method           = "list"
  response_mapping = file("${path.module}/mappings/zendesk_comments.jsonata")
  query_mapping    = file("${path.module}/mappings/zendesk_query.jsonata")
}

resource "unified_api_mapping" "zendesk_users_list" {
  integration      = unified_api_integration.zendesk.name
  unified_model    = "ticketing"
  resource         = "users"
  method           = "list"
  response_mapping = file("${path.module}/mappings/zendesk_users.jsonata")
  query_mapping    = file("${path.module}/mappings/zendesk_query.jsonata")
}
