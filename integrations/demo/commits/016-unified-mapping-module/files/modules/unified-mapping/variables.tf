variable "integration" {
  description = "Name of the integration."
  type        = string
}

variable "method" {
  description = "Method of the unified resource."
  type        = string
}

variable "query_mapping" {
  description = "JSONata from our query parameters to the vendor's."
  type        = string
}

variable "resource" {
  description = "Unified resource, such as contacts."
  type        = string
}

variable "response_mapping" {
  description = "JSONata from one vendor record to the unified resource."
  type        = string
}

variable "unified_model" {
  description = "Unified model, such as crm."
  type        = string
}
