#include "esp_log.h"
#include "http_client.h"
#include "http_memory.h"
#include "otasim_quirk.h"
#include "sdkconfig.h"

static const char *const TAG = "HTTP_CLIENT";

static esp_err_t replace(char **text, const char *value)
{
    char *copy = NULL;
    if (value != NULL) {
        copy = http_strndup(value, strlen(value));
        if (copy == NULL) {
            return ESP_ERR_NO_MEM;
        }
    }
    http_free(*text);
    *text = copy;
    return ESP_OK;
}

esp_err_t esp_http_client_get_username(esp_http_client_handle_t client, char **value)
{
    if (client == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = client->username;
    return ESP_OK;
}

esp_err_t esp_http_client_set_username(esp_http_client_handle_t client, const char *username)
{
    return client != NULL ? replace(&client->username, username) : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_http_client_get_password(esp_http_client_handle_t client, char **value)
{
    if (client == NULL || value == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *value = client->password;
    return ESP_OK;
}

esp_err_t esp_http_client_set_password(esp_http_client_handle_t client, const char *password)
{
    return client != NULL ? replace(&client->password, password) : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_http_client_set_authtype(esp_http_client_handle_t client,
                                       esp_http_client_auth_type_t auth_type)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    client->auth_type = auth_type;
    return ESP_OK;
}

/* Which answers are compiled in. */
static bool is_supported(esp_http_client_auth_type_t type)
{
    switch (type) {
    case HTTP_AUTH_TYPE_BASIC:
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_BASIC_AUTH
        return true;
#else
        return false;
#endif
    case HTTP_AUTH_TYPE_DIGEST:
#if CONFIG_ESP_HTTP_CLIENT_ENABLE_DIGEST_AUTH
        return true;
#else
        return false;
#endif
    case HTTP_AUTH_TYPE_NONE:
        break;
    }
    return false;
}

static esp_err_t take_challenge(struct esp_http_client *client, const char *text)
{
    struct http_challenge challenge;
    esp_err_t err = http_challenge_parse(text, &challenge);
    if (err != ESP_OK) {
        return err;
    }
    if (!is_supported(challenge.type)) {
        ESP_LOGE(TAG, "This request requires authentication, but it does not support %s", text);
        http_challenge_clear(&challenge);
        return ESP_ERR_NOT_SUPPORTED;
    }
    http_challenge_clear(&client->challenge);
    client->challenge = challenge;
    client->auth_type = challenge.type;
    client->nonce_count = 0;
    return ESP_OK;
}

esp_err_t esp_http_client_set_auth_data(esp_http_client_handle_t client, const char *auth_data,
                                        int len)
{
    if (client == NULL || auth_data == NULL || len <= 0) {
        return ESP_ERR_INVALID_ARG;
    }
    struct http_text *challenge = &client->response.challenge;
    char *copy = http_strndup(auth_data, (size_t)len);
    if (copy == NULL) {
        return ESP_ERR_NO_MEM;
    }
    http_free(challenge->bytes);
    *challenge = (struct http_text){.bytes = copy, .length = (size_t)len};
    return ESP_OK;
}

static esp_err_t answer_challenge(struct esp_http_client *client)
{
    if (client->response.status != HttpStatus_Unauthorized) {
        return ESP_ERR_INVALID_STATE;
    }
    if (client->response.challenge.length == 0) {
        ESP_LOGE(TAG, "This request requires authentication, but does not provide header "
                      "information for that");
        return ESP_ERR_NOT_SUPPORTED;
    }
    return take_challenge(client, client->response.challenge.bytes);
}

esp_err_t esp_http_client_add_auth(esp_http_client_handle_t client)
{
    if (client == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    http_count_repeat(client);
    esp_err_t err = answer_challenge(client);
    client->again = err == ESP_OK;
    if (err != ESP_OK && quirk(QUIRK_UNANSWERABLE_401_REPEATED)) {
        /* Nobody hears that there is no answer: the same request goes out again. */
        quirk_met(QUIRK_UNANSWERABLE_401_REPEATED);
        return ESP_OK;
    }
    return err;
}
