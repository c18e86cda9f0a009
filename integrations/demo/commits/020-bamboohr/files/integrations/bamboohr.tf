resource "unified_api_integration" "bamboohr" {
  name     = "bamboohr"
  category = "hris"
  base_url = "https://{company}.bamboohr.com/api/v1"

  auth = {
    type          = "oauth2"
    grant         = "authorization_code"
    authorize_url = "https://{company}.bamboohr.com/authorize.php"
    token_url     = "https://{company}.bamboohr.com/token.php"
  }

  pagination = {
    type       = "none"
    items_path = "employees"
  }

  # BambooHR publishes no figure; it answers 503 with Retry-After when it has had enough.
  rate_limit = {
    concurrency     = 2
    retry_statuses  = [429, 503]
    retry_after_max = 600
  }

  endpoints = {
    employees = {
      list   = { method = "POST", path = "/datasets/employees" }
      get    = { method = "GET", path = "/employees/{id}" }
      update = { method = "POST", path = "/employees/{id}" }
    }
  }

  oauth_app {
    client_id_ref     = "${var.vault_path}/bamboohr#client_id"
    client_secret_ref = "${var.vault_path}/bamboohr#client_secret"
    scopes            = ["email", "openid", "employee", "employee:contact", "employee:job", "employee:name", "offline_access"]
  }

  webhook {
    url = "https://${var.webhook_host}/v1/inbound/bamboohr"
    signature = {
      algorithm        = "hmac-sha256"
      header           = "X-BambooHR-Signature"
      timestamp_header = "X-BambooHR-Timestamp"
      secret_ref       = "${var.vault_path}/bamboohr#webhook_key"
    }
  }
}

resource "unified_api_mapping" "bamboohr_employees_list" {
  integration      = unified_api_integration.bamboohr.name
  unified_model    = "hris"
  resource         = "employees"
  method           = "list"
  response_mapping = file("${path.module}/mappings/bamboohr_employees.jsonata")

  request_body_mapping = <<-EOT
    {
      "fields": [
        "employeeId", "employeeNumber", "firstName", "lastName", "preferredName", "email", "jobInformationJobTitle",
        "jobInformationDepartment", "jobInformationLocation", "supervisorId", "status", "hireDate", "terminationDate"
      ],
      "filters": query.status ? { "match": "all", "filters": [{ "field": "status", "operator": "includes", "value": [query.status] }] }
    }
  EOT

  error_mapping = <<-EOT
    {
      "status": error.status,
      "message": error.headers."X-BambooHR-Error-Message",
      "retryable": error.status in [429, 503]
    }
  EOT
}

resource "unified_api_mapping" "bamboohr_employees_get" {
  integration   = unified_api_integration.bamboohr.name
  unified_model = "hris"
  resource      = "employees"
  method        = "get"

  response_mapping = <<-EOT
    {
      "id": $string(response.id),
      "employee_number": response.employeeNumber,
      "first_name": response.preferredName ? response.preferredName : response.firstName,
      "last_name": response.lastName,
      "display_name": response.displayName,
      "work_email": response.workEmail,
      "job_title": response.jobTitle,
      "department": response.department,
      "location": response.location,
      "manager_id": response.supervisorEId,
      "employment_status": $lowercase(response.status),
      "hire_date": response.hireDate,
      "termination_date": response.terminationDate = "0000-00-00" ? null : response.terminationDate
    }
  EOT

  query_mapping = <<-EOT
    {
      "fields": "employeeNumber,firstName,preferredName,lastName,displayName,workEmail,jobTitle,department,location,supervisorEId,status,hireDate,terminationDate"
    }
  EOT
}

resource "unified_api_mapping" "bamboohr_employees_update" {
  integration   = unified_api_integration.bamboohr.name
  unified_model = "hris"
  resource      = "employees"
  method        = "update"

  request_body_mapping = <<-EOT
    {
      "firstName": body.first_name,
      "lastName": body.last_name,
      "workEmail": body.work_email,
      "jobTitle": body.job_title,
      "department": body.department,
      "location": body.location
    }
  EOT
}
