resource "unified_api_integration" "salesforce" {
  name     = "salesforce"
  category = "crm"
  base_url = "https://{instance}.my.salesforce.com/services/data/v62.0"

  auth = {
    type          = "oauth2"
    grant         = "authorization_code"
    authorize_url = "https://login.salesforce.com/services/oauth2/authorize"
    token_url     = "https://login.salesforce.com/services/oauth2/token"
    pkce          = true
  }

  pagination = {
    type       = "next_url"
    next_path  = "nextRecordsUrl"
    items_path = "records"
    page_size  = 200
  }

  rate_limit = {
    requests        = 100000
    window_seconds  = 86400
    concurrency     = 25
    remaining_from  = "Sforce-Limit-Info"
    retry_after_max = 300
  }

  endpoints = {
    contacts = {
      list   = { method = "GET", path = "/query" }
      get    = { method = "GET", path = "/sobjects/Contact/{id}" }
      create = { method = "POST", path = "/sobjects/Contact" }
      update = { method = "PATCH", path = "/sobjects/Contact/{id}" }
    }
    accounts = {
      list = { method = "GET", path = "/query" }
      get  = { method = "GET", path = "/sobjects/Account/{id}" }
    }
    opportunities = {
      list = { method = "GET", path = "/query" }
    }
  }

  oauth_app {
    client_id_ref     = "${var.vault_path}/salesforce#client_id"
    client_secret_ref = "${var.vault_path}/salesforce#client_secret"
    scopes            = ["full", "refresh_token"]
  }

  webhook {
    url = "https://${var.webhook_host}/v1/inbound/salesforce"
    signature = {
      algorithm  = "hmac-sha256"
      header     = "X-Larkspur-Signature"
      secret_ref = "${var.vault_path}/salesforce#webhook_secret"
    }
  }
}

resource "unified_api_mapping" "salesforce_contacts_list" {
  integration      = unified_api_integration.salesforce.name
  unified_model    = "crm"
  resource         = "contacts"
  method           = "list"
  response_mapping = file("${path.module}/mappings/salesforce_contacts.jsonata")
  query_mapping    = file("${path.module}/mappings/salesforce_contacts_query.jsonata")
  error_mapping    = file("${path.module}/mappings/salesforce_error.jsonata")
}

resource "unified_api_mapping" "salesforce_contacts_get" {
  integration      = unified_api_integration.salesforce.name
  unified_model    = "crm"
  resource         = "contacts"
  method           = "get"
  response_mapping = file("${path.module}/mappings/salesforce_contacts.jsonata")
  error_mapping    = file("${path.module}/mappings/salesforce_error.jsonata")
}

resource "unified_api_mapping" "salesforce_contacts_create" {
  integration          = unified_api_integration.salesforce.name
  unified_model        = "crm"
  resource             = "contacts"
  method               = "create"
  request_body_mapping = file("${path.module}/mappings/salesforce_contacts_body.jsonata")
  error_mapping        = file("${path.module}/mappings/salesforce_error.jsonata")

  request_header_mapping = <<-EOT
    {
      "Content-Type": "application/json",
      "Sforce-Duplicate-Rule-Header": "allowSave=" & (query.allow_duplicates ? "true" : "false")
    }
  EOT

  response_mapping = <<-EOT
    { "id": response.id }
  EOT
}

resource "unified_api_mapping" "salesforce_contacts_update" {
  integration          = unified_api_integration.salesforce.name
  unified_model        = "crm"
  resource             = "contacts"
  method               = "update"
  request_body_mapping = file("${path.module}/mappings/salesforce_contacts_body.jsonata")
  error_mapping        = file("${path.module}/mappings/salesforce_error.jsonata")
}

resource "unified_api_mapping" "salesforce_accounts_list" {
  integration      = unified_api_integration.salesforce.name
  unified_model    = "crm"
  resource         = "accounts"
  method           = "list"
  response_mapping = file("${path.module}/mappings/salesforce_accounts.jsonata")
  query_mapping    = file("${path.module}/mappings/salesforce_accounts_query.jsonata")
  error_mapping    = file("${path.module}/mappings/salesforce_error.jsonata")
}

resource "unified_api_mapping" "salesforce_accounts_get" {
  integration      = unified_api_integration.salesforce.name
  unified_model    = "crm"
  resource         = "accounts"
  method           = "get"
  response_mapping = file("${path.module}/mappings/salesforce_accounts.jsonata")
  error_mapping    = file("${path.module}/mappings/salesforce_error.jsonata")
}

resource "unified_api_mapping" "salesforce_opportunities_list" {
  integration      = unified_api_integration.salesforce.name
  unified_model    = "crm"
  resource         = "opportunities"
  method           = "list"
  response_mapping = file("${path.module}/mappings/salesforce_opportunities.jsonata")
  error_mapping    = file("${path.module}/mappings/salesforce_error.jsonata")

  query_mapping = <<-EOT
    {
      "q": "SELECT FIELDS(STANDARD) FROM Opportunity"
        & (query.updated_after ? " WHERE SystemModstamp > " & query.updated_after : "")
        & " ORDER BY SystemModstamp LIMIT " & $string(query.limit ? query.limit : 200)
    }
  EOT
}
