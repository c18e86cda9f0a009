module "netsuite_oauth_app" {
  source     = "../modules/oauth-app"
  app        = "netsuite"
  scopes     = ["rest_webservices"]
  vault_path = var.vault_path
}

module "netsuite_webhook" {
  source      = "../modules/webhook"
  header      = "X-Larkspur-Signature"
  host        = var.webhook_host
  integration = "netsuite"
  vault_path  = var.vault_path
}

resource "unified_api_integration" "netsuite" {
  name     = "netsuite"
  category = "erp"
  base_url = "https://{account_id}.suitetalk.api.netsuite.com/services/rest"

  auth = {
    type          = "oauth2"
    grant         = "authorization_code"
    authorize_url = "https://{account_id}.app.netsuite.com/app/login/oauth2/authorize.nl"
    token_url     = "https://{account_id}.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token"
  }

  pagination = {
    type         = "offset"
    offset_param = "offset"
    limit_param  = "limit"
    items_path   = "items"
    more_path    = "hasMore"
    page_size    = 1000
  }

  # SuiteCloud counts concurrent requests per account, over all integrations.
  rate_limit = {
    concurrency     = 5
    retry_statuses  = [429, 503]
    retry_after_max = 120
  }

  endpoints = {
    accounts = {
      list = { method = "POST", path = "/query/v1/suiteql" }
      get  = { method = "GET", path = "/record/v1/customer/{id}" }
    }
    contacts = {
      list = { method = "POST", path = "/query/v1/suiteql" }
      get  = { method = "GET", path = "/record/v1/contact/{id}" }
    }
  }

  oauth_app {
    client_id_ref     = module.netsuite_oauth_app.client_id_ref
    client_secret_ref = module.netsuite_oauth_app.client_secret_ref
    scopes            = module.netsuite_oauth_app.scopes
  }

  webhook {
    url       = module.netsuite_webhook.url
    signature = module.netsuite_webhook.signature
  }
}

resource "unified_api_mapping" "netsuite_accounts_list" {
  integration      = unified_api_integration.netsuite.name
  unified_model    = "crm"
  resource         = "accounts"
  method           = "list"
  response_mapping = file("${path.module}/mappings/netsuite_accounts.jsonata")
  error_mapping    = file("${path.module}/mappings/netsuite_error.jsonata")

  request_body_mapping = <<-EOT
    {
      "q": "SELECT id, entityId, companyName, email, phone, url, dateCreated, lastModifiedDate FROM customer"
        & (query.updated_after ? " WHERE lastModifiedDate > TO_DATE('" & query.updated_after & "', 'YYYY-MM-DD')" : "")
    }
  EOT

  request_header_mapping = <<-EOT
    { "Prefer": "transient" }
  EOT
}

resource "unified_api_mapping" "netsuite_accounts_get" {
  integration      = unified_api_integration.netsuite.name
  unified_model    = "crm"
  resource         = "accounts"
  method           = "get"
  response_mapping = file("${path.module}/mappings/netsuite_accounts.jsonata")
  error_mapping    = file("${path.module}/mappings/netsuite_error.jsonata")

  query_mapping = <<-EOT
    { "expandSubResources": "true" }
  EOT
}

resource "unified_api_mapping" "netsuite_contacts_list" {
  integration      = unified_api_integration.netsuite.name
  unified_model    = "crm"
  resource         = "contacts"
  method           = "list"
  response_mapping = file("${path.module}/mappings/netsuite_contacts.jsonata")
  error_mapping    = file("${path.module}/mappings/netsuite_error.jsonata")

  request_body_mapping = <<-EOT
    { "q": "SELECT * FROM contact ORDER BY lastModifiedDate" }
  EOT

  request_header_mapping = <<-EOT
    { "Prefer": "transient" }
  EOT
}

resource "unified_api_mapping" "netsuite_contacts_get" {
  integration      = unified_api_integration.netsuite.name
  unified_model    = "crm"
  resource         = "contacts"
  method           = "get"
  response_mapping = file("${path.module}/mappings/netsuite_contacts.jsonata")
  error_mapping    = file("${path.module}/mappings/netsuite_error.jsonata")
}
