resource "unified_api_integration" "salesforce" {
  name     = "salesforce"
  category = "crm"
  base_url = "https://{instance}.my.salesforce.com/services/data/v61.0"

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
      list = { method = "GET", path = "/query" }
    }
  }

  oauth_app {
    client_id_ref     = "${var.vault_path}/salesforce#client_id"
    client_secret_ref = "${var.vault_path}/salesforce#client_secret"
    scopes            = ["api", "refresh_token", "id"]
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
}
