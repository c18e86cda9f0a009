// Examples for people who have never seen JSONata, from a first path to a whole record.

const CONTACT = {
  response: {
    Id: "003Qy00000B7KpN",
    FirstName: "Ingrid",
    LastName: "Solheim",
    Title: "Head of Procurement",
    Email: "ingrid.solheim@example.com",
    Phone: null,
    Tier__c: "GOLD",
    CreatedDate: "2026-02-17T08:02:10.000+0000",
  },
};
const ORDER = {
  response: {
    number: "SO-2041",
    lines: [
      { sku: "A-100", name: "Bolt", quantity: 120, price: 0.4, tags: ["metal", "small"] },
      { sku: "B-200", name: "Panel", quantity: 4, price: 89, tags: ["wood"] },
      { sku: "C-300", name: "Hinge", quantity: 16, price: 3.25, tags: ["metal"] },
    ],
  },
};

export const EXAMPLES = [
  {
    title: "A first mapping",
    about: "An object with the fields you want, each with the place in the input where it comes from.",
    expression: `/* Left: the field you want. Right: where it comes from. Change something and look at the result. */
{
  "id": response.Id,
  "name": response.FirstName & " " & response.LastName,
  "tier": $lowercase(response.Tier__c)
}
`,
    input: CONTACT,
  },
  {
    title: "When a value may be missing",
    about: "A condition chooses; a field that nothing is found for is left out of the result.",
    expression: `{
  /* a ? b : c   is b when a is there, else c */
  "phone": response.Phone ? response.Phone : "unknown",
  "emails": response.Email ? [{ "email": response.Email, "type": "work" }] : [],
  /* there is no Fax in the input, so there is none in the result */
  "fax": response.Fax
}
`,
    input: CONTACT,
  },
  {
    title: "Lists: choose, reshape, count",
    about: "A path goes through lists by itself; [ ] keeps the items that fit, and { } makes a new object of each.",
    expression: `{
  "skus": response.lines.sku,
  "metal": response.lines["metal" in tags].name,
  "lines": response.lines.{
    "what": name,
    "total": quantity * price
  },
  "count": $count(response.lines),
  "total": $sum(response.lines.(quantity * price))
}
`,
    input: ORDER,
  },
  {
    title: "Dates and codes",
    about: "Dates become one form, and a table turns the provider's words into yours.",
    expression: `(
  /* := gives a value a name; the last line of the ( ) is the result */
  $tiers := { "GOLD": "enterprise", "SILVER": "business" };
  {
    "created_at": $fromMillis($toMillis(response.CreatedDate)),
    "year": $substring(response.CreatedDate, 0, 4),
    "plan": $lookup($tiers, response.Tier__c)
  }
)
`,
    input: CONTACT,
  },
  {
    title: "Variables beside the input",
    about: "What stands under Bindings is there as a variable: a name behind a $.",
    expression: `{
  "id": $region & "-" & response.Id,
  "title": response.Title
}
`,
    input: CONTACT,
    bindings: { region: "eu" },
  },
];
