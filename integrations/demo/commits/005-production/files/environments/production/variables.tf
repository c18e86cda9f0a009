variable "vault_path" {
  description = "Where this environment's credentials live. Only references are ever written here."
  type        = string
}

variable "webhook_host" {
  description = "Host that vendors deliver webhooks to."
  type        = string
}
