resource "unified_api_environment_override" "salesforce" {
  integration = "salesforce"

  config = jsonencode({
    pagination = {
      page_size = 100
    }
    rate_limit = {
      concurrency = 20
    }
  })

  mapping {
    unified_model    = "crm"
    resource         = "contacts"
    method           = "list"
    response_mapping = <<-EOT
      {
        "do_not_contact": response.HasOptedOutOfEmail or response.DoNotCall
      }
    EOT
  }
}
