terraform {
  required_version = ">= 1.9"

  required_providers {
    unified = {
      source  = "example/unified"
      version = "~> 2.4"
    }
  }
}
