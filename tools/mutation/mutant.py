"""What a seeded fault is, and names for the files and the parts of the suite."""
from typing import NamedTuple, Tuple


class Mutant(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    near: Tuple[str, ...]  # the parts that ought to catch it: they are asked first


SELECT = "otalib/src/ota_select.c"
SESSION = "otalib/src/ota_session.c"
ROLLBACK = "otalib/src/ota_rollback.c"
DESCRIBE = "otalib/src/ota_describe.c"
HTTPS_OTA = "otalib/src/https_ota.c"
IMAGE = "otalib/src/https_ota_image.c"
PARTIAL = "otalib/src/https_ota_partial.c"
REQUEST = "otalib/src/https_ota_request.c"
BOOTLOADER = "sim/device/bootloader.c"
OTADATA = "sim/device/otadata.c"
APP_IMAGE = "sim/device/app_image.c"
CLIENT = "sim/http/http_client.c"
EFUSE = "sim/device/efuse.c"
CREDENTIALS = "sim/http/http_credentials.c"
AUTH = "sim/http/http_auth.c"
HTTP_REQUEST = "sim/http/http_request.c"
CONNECTION = "sim/http/http_connection.c"
PERFORM = "sim/http/http_perform.c"
READ = "sim/http/http_read.c"
REDIRECT = "sim/http/http_redirect.c"
RESPONSE = "sim/http/http_response.c"
TLS = "sim/net/net_tls.c"


def scenarios(*families):
    return tuple("scenarios/" + family for family in families)


def replay(*families):
    return tuple("replay/" + family for family in families)


def sweep(*kinds):
    return tuple("sweep/" + kind for kind in kinds)
