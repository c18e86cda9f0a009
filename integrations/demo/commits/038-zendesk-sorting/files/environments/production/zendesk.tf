resource "unified_api_environment_override" "zendesk" {
  integration = "zendesk"

  config = jsonencode({
    pagination = {
      page_size = 50
    }
    rate_limit = {
      requests = 700
    }
  })

  mapping {
    unified_model = "ticketing"
    resource      = "tickets"
    method        = "list"
    query_mapping = <<-EOT
      {
        "page[size]": query.limit ? query.limit : 50,
        "page[after]": query.cursor,
        "sort": "updated_at"
      }
    EOT
    replace       = ["query"]
  }
}
