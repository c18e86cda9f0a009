"""How Chromium is started: without a sandbox of its own (containers), a GPU, or calls to its maker."""

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run", "--force-color-profile=srgb"),
)
