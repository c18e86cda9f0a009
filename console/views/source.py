"""One file of the repository at a commit, as text with line numbers."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.presentation.code import MOST_LINES, Unreadable, line_range, marks_for, numbered, text_of, too_large
from console.visit import Visit, visit
from integrations.core.layout import account_folder, is_below
from integrations.core.tree import Entry, MissingFile, Tree
from integrations.queries.origins import Origin, origins


@require_safe
def source(request: HttpRequest, path: str) -> HttpResponse:
    here = visit(request)
    tree = here.reader.tree()
    entry = tree.entry(path)
    if entry is None or not entry.is_decodable:
        raise Http404(f"There is no file “{path[:200]}” at this commit.")
    found = origins(here.reader, path)
    _refuse_hidden(here, tree, path, found)
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


def _refuse_hidden(here: Visit, tree: Tree, path: str, found: list[Origin]) -> None:
    """Raises Http404 for a file that tells of an account which the person may not see.

    Whoever may see only some accounts sees of the accounts' folders only theirs, and no file with a word of another.
    """
    if here.visible is None:
        return
    settings = here.reader.settings()
    folder = account_folder(tree, path, settings)
    owner = folder.rsplit("/", 1)[-1] if folder else None
    is_in_accounts = any(is_below(path, root) for root in settings.accounts)
    told = {origin.account for origin in found if origin.account is not None} | ({owner} if is_in_accounts else set())
    if not told <= here.visible:
        raise Http404(f"There is no file “{path[:200]}” at this commit.")
