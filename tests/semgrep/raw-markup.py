# ruleid: raw-markup
mark_safe(text)
# ruleid: raw-markup
Markup(f"<b>{name}</b>")
# ruleid: raw-markup
Markup("<b>" + name + "</b>")
# ruleid: raw-markup
format_html(f"<b>{name}</b>")
# ruleid: raw-markup
HttpResponse(f"<b>{name}</b>")
# ok: raw-markup
Markup("<br>")
# ok: raw-markup
format_html("<b>{}</b>", name)
