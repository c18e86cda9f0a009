"""The mapping that JSONata's figures are measured on: a Salesforce contact, and records of it."""

from __future__ import annotations

from integrations.core.documents import JSON

_MAPPING = """\
/* Salesforce contact → crm/contacts, variant %(number)d */
(
  $phone := function($number, $type) {
    $number ? {"number": $number, "type": $type}
  };
  $full := $join([response.FirstName, response.LastName], " ");
  {
    "id": response.Id,
    "name": $full,
    "first_name": response.FirstName,
    "last_name": response.LastName,
    "title": $trim(response.Title),
    "department": response.Department,
    "emails": response.Email ? [{"email": $lowercase(response.Email), "type": "work"}] : [],
    "telephones": [
      $phone(response.Phone, "work"),
      $phone(response.MobilePhone, "mobile"),
      $phone(response.HomePhone, "home")
    ],
    "address": {
      "street": response.MailingStreet, "city": response.MailingCity, "postal_code": response.MailingPostalCode,
      "country": response.MailingCountry ? response.MailingCountry : "US"
    },
    "company": {"id": response.AccountId, "name": response.Account.Name},
    "owner": response.Owner.Email,
    "tags": response.Tags__r.records[Active__c = true].Name,
    "score": $sum(response.Scores__r.records.Points__c),
    "is_customer": response.Account.Type in ["Customer", "Partner"],
    "opted_out": response.HasOptedOutOfEmail = true,
    "created_at": response.CreatedDate,
    "updated_at": response.LastModifiedDate, "variant": response.Variant_%(number)d__c
  }
)
"""


def mapping(number: int = 0) -> str:
    """A mapping of 30 lines and more; each number gives another text."""
    return _MAPPING % {"number": number}


def records(count: int) -> list[JSON]:
    """Inputs of the mapping: every record that a page of the provider's answer holds, bound as `response`."""
    return [{"response": _contact(number)} for number in range(count)]


def _contact(number: int) -> dict[str, JSON]:
    return {
        "attributes": {"type": "Contact", "url": f"/services/data/v61.0/sobjects/Contact/003Ql{number:010}IAV"},
        "Id": f"003Ql{number:010}IAV",
        "AccountId": f"001Ql{number % 97:010}IAV",
        "FirstName": f"Ada {number}",
        "LastName": f"Lovelace-{number * 7 % 1000}",
        "Title": " Head of Analysis ",
        "Department": "Engines" if number % 3 else None,
        "Email": f"Ada.{number}@Example.com" if number % 5 else None,
        "Phone": f"+44 20 7946 {number % 10_000:04}",
        "MobilePhone": f"+44 7700 {number % 1_000_000:06}" if number % 2 else None,
        "HomePhone": None,
        "MailingStreet": f"{number % 200} St James's Square",
        "MailingCity": "Zürich" if number % 4 == 0 else "London",
        "MailingPostalCode": "SW1Y 4LE",
        "MailingCountry": None if number % 6 == 0 else "GB",
        "Account": {"Name": f"Analytical Engines {number % 97}", "Type": "Customer" if number % 2 else "Prospect"},
        "Owner": {"Name": "Dana", "Email": "dana@example.com"},
        "Tags__r": {"records": [{"Name": f"tag-{tag}", "Active__c": tag % 2 == 0} for tag in range(number % 4)]},
        "Scores__r": {"records": [{"Points__c": points} for points in range(number % 3 + 1)]},
        "HasOptedOutOfEmail": number % 10 == 0,
        "DoNotCall": False,
        "Description": "Met at the conference; wants a demo of the engine before the end of the quarter." * 2,
        "LeadSource": "Web",
        "CreatedDate": "2026-01-05T10:15:30.000+0000",
        "LastModifiedDate": "2026-05-11T08:00:00.000+0000",
        "SystemModstamp": "2026-05-11T08:00:00.000+0000",
    }
