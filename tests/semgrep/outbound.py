# ruleid: outbound
import httpx
# ruleid: outbound
import urllib.request
# ruleid: outbound
from requests import Session
# ruleid: outbound
from urllib.request import urlopen

# ok: outbound
from integrations.outbound.configured import outbound
# ok: outbound
from urllib.parse import urlsplit

# ruleid: outbound
socket.create_connection(("example.com", 443))
