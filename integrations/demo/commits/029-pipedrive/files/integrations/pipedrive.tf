module "pipedrive_oauth_app" {
  source     = "../modules/oauth-app"
  app        = "pipedrive"
  scopes     = ["base", "contacts:full", "deals:read", "users:read"]
  vault_path = var.vault_path
}

resource "unified_api_integration" "pipedrive" {
  name     = "pipedrive"
  category = "crm"
  base_url = "https://api.pipedrive.com/api/v2"

  auth = {
    type          = "oauth2"
    grant         = "authorization_code"
    authorize_url = "https://oauth.pipedrive.com/oauth/authorize"
    token_url     = "https://oauth.pipedrive.com/oauth/token"
    client_auth   = "basic"
  }

  pagination = {
    type         = "cursor"
    cursor_path  = "additional_data.next_cursor"
    cursor_param = "cursor"
    items_path   = "data"
    page_size    = 100
  }

  rate_limit = {
    requests       = 80
    window_seconds = 2
    remaining_from = "x-ratelimit-remaining"
  }

  endpoints = {
    contacts = {
      list   = { method = "GET", path = "/persons" }
      create = { method = "POST", path = "/persons" }
    }
    accounts = {
      list = { method = "GET", path = "/organizations" }
    }
    opportunities = {
      list = { method = "GET", path = "/deals" }
    }
  }

  oauth_app {
    client_id_ref     = module.pipedrive_oauth_app.client_id_ref
    client_secret_ref = module.pipedrive_oauth_app.client_secret_ref
    scopes            = module.pipedrive_oauth_app.scopes
  }

  webhook {
    url = "https://${var.webhook_host}/v1/inbound/pipedrive"
    signature = {
      algorithm  = "basic"
      header     = "Authorization"
      secret_ref = "${var.vault_path}/pipedrive#webhook_password"
    }
  }
}

module "pipedrive_contacts_list" {
  source           = "../modules/unified-mapping"
  integration      = unified_api_integration.pipedrive.name
  unified_model    = "crm"
  resource         = "contacts"
  method           = "list"
  query_mapping    = file("${path.module}/mappings/pipedrive_query.jsonata")
  response_mapping = file("${path.module}/mappings/pipedrive_contacts.jsonata")
}

resource "unified_api_mapping" "pipedrive_contacts_create" {
  integration      = unified_api_integration.pipedrive.name
  unified_model    = "crm"
  resource         = "contacts"
  method           = "create"
  response_mapping = file("${path.module}/mappings/pipedrive_contacts.jsonata")

  request_body_mapping = <<-EOT
    {
      "name": $trim($join([body.first_name, body.last_name], " ")),
      "emails": [body.emails.{ "value": email, "label": type, "primary": $ = $$.body.emails[0] }],
      "phones": [body.phones.{ "value": number, "label": type }],
      "org_id": body.account_id ? $number(body.account_id) : null,
      "owner_id": body.owner_id ? $number(body.owner_id) : null
    }
  EOT
}

module "pipedrive_accounts_list" {
  source           = "../modules/unified-mapping"
  integration      = unified_api_integration.pipedrive.name
  unified_model    = "crm"
  resource         = "accounts"
  method           = "list"
  query_mapping    = file("${path.module}/mappings/pipedrive_query.jsonata")
  response_mapping = file("${path.module}/mappings/pipedrive_accounts.jsonata")
}

module "pipedrive_opportunities_list" {
  source           = "../modules/unified-mapping"
  integration      = unified_api_integration.pipedrive.name
  unified_model    = "crm"
  resource         = "opportunities"
  method           = "list"
  query_mapping    = file("${path.module}/mappings/pipedrive_query.jsonata")
  response_mapping = file("${path.module}/mappings/pipedrive_opportunities.jsonata")
}
