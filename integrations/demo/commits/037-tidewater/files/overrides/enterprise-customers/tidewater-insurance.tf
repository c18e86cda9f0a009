locals {
  tidewater_subsidiaries = ["12", "14", "31"]
}

resource "unified_api_account_override" "tidewater_netsuite" {
  account     = "tidewater-insurance"
  integration = "netsuite"

  config = jsonencode({
    pagination = {
      page_size = 200
    }
    rate_limit = {
      concurrency = 1 + length(local.tidewater_subsidiaries)
    }
    oauth_app = {
      scopes = {
        "$append" = ["restlets"]
      }
    }
  })

  mapping {
    unified_model    = "crm"
    resource         = "accounts"
    method           = "get"
    response_mapping = file("${path.module}/tidewater_accounts.jsonata")
  }

  mapping {
    unified_model        = "crm"
    resource             = "accounts"
    method               = "list"
    request_body_mapping = <<-EOT
      {
        "q": "SELECT * FROM customer WHERE subsidiary IN (${join(", ", local.tidewater_subsidiaries)}) ORDER BY lastModifiedDate"
      }
    EOT
    replace              = ["request_body"]
  }
}
