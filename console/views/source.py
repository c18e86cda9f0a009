"""One file of the repository at a commit, as text with line numbers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.access import absence
from console.presentation.code import MOST_LINES, Unreadable, line_range, marks_for, numbered, text_of, too_large
from console.visit import visit
from integrations.core.tree import Entry, MissingFile, Tree
from integrations.queries.origins import may_read, origins


@require_safe
def source(request: HttpRequest, path: str) -> HttpResponse:
    here = visit(request)
    tree = here.reader.tree()
    entry = tree.entry(path)
    is_there = entry is not None and entry.is_decodable
    found = origins(here.reader, path) if is_there else []
    if entry is None or not is_there or not may_read(here.reader, path, here.visible, found):
        raise absence(request.user, f"There is no file “{path[:200]}” at this commit.", kind="file", id=path)
    text = _text(tree, entry)
    marked = line_range(request.GET.get("line", ""))
    context = {
        "path": path,
        "folders": path.split("/")[:-1],
        "name": path.rsplit("/", 1)[-1],
        "size": entry.size,
        "trouble": text.reason if isinstance(text, Unreadable) else "",
        "lines": () if isinstance(text, Unreadable) else numbered(text, marks_for(marked)),
        "is_cut": not isinstance(text, Unreadable) and text.count("\n") > MOST_LINES,
        "most_lines": MOST_LINES,
        "origins": found,
        "first_marked": marked.start if marked else None,
    }
    return render(request, "source/source.html", context)


def _text(tree: Tree, entry: Entry) -> str | Unreadable:
    if not entry.is_regular:
        return Unreadable(f"It is a {entry.kind}, which is neither followed nor shown.")
    if (refusal := too_large(entry.size)) is not None:
        return refusal
    try:
        return text_of(tree.read(entry.path))
    except MissingFile:
        return Unreadable("It cannot be read.")
