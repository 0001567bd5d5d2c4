/* What the unit tests of the HTTP client are compiled for: everything on. */
#pragma once

#define CONFIG_ESP_HTTP_CLIENT_ENABLE_BASIC_AUTH        1
#define CONFIG_ESP_HTTP_CLIENT_ENABLE_DIGEST_AUTH       1
#define CONFIG_ESP_HTTP_CLIENT_ENABLE_GET_CONTENT_RANGE 1
#define CONFIG_ESP_HTTP_CLIENT_ENABLE_HTTPS             1
#define CONFIG_ESP_HTTP_CLIENT_STRICT_HEADER_BUFFER     1
#define CONFIG_LOG_MAXIMUM_LEVEL                        3
#define CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN               16384
