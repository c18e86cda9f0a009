"""The client as the settings want it: the edge between this port and Django."""

from __future__ import annotations

from django.conf import settings

from integrations.outbound.client import Outbound
from integrations.outbound.policy import Policy


def outbound() -> Outbound:
    """A client that allows what `OUTBOUND_ALLOWED_HOSTS` names beside public servers."""
    return Outbound(Policy.of(settings.OUTBOUND_ALLOWED_HOSTS))
