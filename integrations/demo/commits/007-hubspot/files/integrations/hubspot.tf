resource "unified_api_integration" "hubspot" {
  name     = "hubspot"
  category = "crm"
  base_url = "https://api.hubapi.com"

  auth = {
    type          = "oauth2"
    grant         = "authorization_code"
    authorize_url = "https://app.hubspot.com/oauth/authorize"
    token_url     = "https://api.hubapi.com/oauth/v1/token"
  }

  pagination = {
    type         = "cursor"
    cursor_path  = "paging.next.after"
    cursor_param = "after"
    items_path   = "results"
    page_size    = 100
  }

  rate_limit = {
    requests       = 110
    window_seconds = 10
    daily          = 650000
    remaining_from = "X-HubSpot-RateLimit-Remaining"
  }

  endpoints = {
    contacts = {
      list   = { method = "GET", path = "/crm/v3/objects/contacts" }
      get    = { method = "GET", path = "/crm/v3/objects/contacts/{id}" }
      create = { method = "POST", path = "/crm/v3/objects/contacts" }
      update = { method = "PATCH", path = "/crm/v3/objects/contacts/{id}" }
    }
    accounts = {
      list = { method = "GET", path = "/crm/v3/objects/companies" }
      get  = { method = "GET", path = "/crm/v3/objects/companies/{id}" }
    }
    opportunities = {
      list = { method = "GET", path = "/crm/v3/objects/deals" }
    }
  }

  oauth_app {
    client_id_ref     = "${var.vault_path}/hubspot#client_id"
    client_secret_ref = "${var.vault_path}/hubspot#client_secret"
    scopes            = ["oauth", "contacts"]
  }

  webhook {
    url = "https://${var.webhook_host}/v1/inbound/hubspot"
    signature = {
      algorithm  = "hmac-sha256-base64"
      header     = "X-HubSpot-Signature-v3"
      secret_ref = "${var.vault_path}/hubspot#client_secret"
      max_age    = 300
    }
  }
}

resource "unified_api_mapping" "hubspot_contacts_list" {
  integration      = unified_api_integration.hubspot.name
  unified_model    = "crm"
  resource         = "contacts"
  method           = "list"
  response_mapping = file("${path.module}/mappings/hubspot_contacts.jsonata")
  error_mapping    = file("${path.module}/mappings/hubspot_error.jsonata")
  query_mapping    = file("${path.module}/mappings/hubspot_contacts_query.jsonata")
}

resource "unified_api_mapping" "hubspot_contacts_get" {
  integration      = unified_api_integration.hubspot.name
  unified_model    = "crm"
  resource         = "contacts"
  method           = "get"
  response_mapping = file("${path.module}/mappings/hubspot_contacts.jsonata")
  error_mapping    = file("${path.module}/mappings/hubspot_error.jsonata")
  query_mapping    = file("${path.module}/mappings/hubspot_contacts_query.jsonata")
}

resource "unified_api_mapping" "hubspot_contacts_create" {
  integration          = unified_api_integration.hubspot.name
  unified_model        = "crm"
  resource             = "contacts"
  method               = "create"
  response_mapping     = file("${path.module}/mappings/hubspot_contacts.jsonata")
  error_mapping        = file("${path.module}/mappings/hubspot_error.jsonata")
  request_body_mapping = file("${path.module}/mappings/hubspot_contacts_body.jsonata")
}

resource "unified_api_mapping" "hubspot_contacts_update" {
  integration          = unified_api_integration.hubspot.name
  unified_model        = "crm"
  resource             = "contacts"
  method               = "update"
  response_mapping     = file("${path.module}/mappings/hubspot_contacts.jsonata")
  error_mapping        = file("${path.module}/mappings/hubspot_error.jsonata")
  request_body_mapping = file("${path.module}/mappings/hubspot_contacts_body.jsonata")
}

resource "unified_api_mapping" "hubspot_accounts_list" {
  integration      = unified_api_integration.hubspot.name
  unified_model    = "crm"
  resource         = "accounts"
  method           = "list"
  response_mapping = file("${path.module}/mappings/hubspot_accounts.jsonata")
  error_mapping    = file("${path.module}/mappings/hubspot_error.jsonata")

  query_mapping = <<-EOT
    {
      "limit": query.limit ? query.limit : 100,
      "after": query.cursor,
      "properties": "name,domain,industry,numberofemployees,annualrevenue,phone,city,state,zip,country,address,hubspot_owner_id"
    }
  EOT
}

resource "unified_api_mapping" "hubspot_accounts_get" {
  integration      = unified_api_integration.hubspot.name
  unified_model    = "crm"
  resource         = "accounts"
  method           = "get"
  response_mapping = file("${path.module}/mappings/hubspot_accounts.jsonata")
  error_mapping    = file("${path.module}/mappings/hubspot_error.jsonata")
}

resource "unified_api_mapping" "hubspot_opportunities_list" {
  integration      = unified_api_integration.hubspot.name
  unified_model    = "crm"
  resource         = "opportunities"
  method           = "list"
  response_mapping = file("${path.module}/mappings/hubspot_opportunities.jsonata")
  error_mapping    = file("${path.module}/mappings/hubspot_error.jsonata")

  query_mapping = <<-EOT
    {
      "limit": query.limit ? query.limit : 100,
      "after": query.cursor,
      "properties": "dealname,amount,deal_currency_code,dealstage,hs_is_closed_won,hs_is_closed,hs_deal_stage_probability,closedate,hubspot_owner_id",
      "associations": "companies"
    }
  EOT
}
