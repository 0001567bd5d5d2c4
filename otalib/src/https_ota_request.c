/* The request loop: redirects, challenges, and what each status means. */
#include <stdio.h>

#include "esp_efuse.h"
#include "esp_log.h"
#include "https_ota_private.h"
#include "otasim_quirk.h"

static const char *const TAG = "esp_https_ota";

static bool is_redirect(int status)
{
    switch (status) {
    case HttpStatus_MovedPermanently:
    case HttpStatus_Found:
    case HttpStatus_SeeOther:
    case HttpStatus_TemporaryRedirect:
    case HttpStatus_PermanentRedirect:
        return true;
    default:
        return false;
    }
}

static bool asks_again(int status)
{
    return is_redirect(status) || status == HttpStatus_Unauthorized;
}

/* The real library has no limit of its own, and does not look at the configured one (R06). */
static esp_err_t count_redirect(struct https_ota *ota)
{
    ota->redirects++;
    if (ota->redirects <= ota->max_redirects) {
        return ESP_OK;
    }
    if (!quirk(QUIRK_REDIRECT_UNLIMITED)) {
        ESP_LOGE(TAG, "more than %d redirects", ota->max_redirects);
        return ESP_ERR_HTTP_MAX_REDIRECT;
    }
    quirk_met(QUIRK_REDIRECT_UNLIMITED);
    return ESP_OK;
}

static esp_err_t follow_redirect(struct https_ota *ota)
{
    esp_err_t err = count_redirect(ota);
    return err != ESP_OK ? err : esp_http_client_set_redirection(ota->client);
}

static esp_err_t count_authorization(struct https_ota *ota)
{
    ota->authorizations++;
    if (ota->authorizations <= ota->max_authorizations) {
        return ESP_OK;
    }
    if (!quirk(QUIRK_ENDLESS_401)) {
        ESP_LOGE(TAG, "still unauthorized after %d retries", ota->max_authorizations);
        return ESP_FAIL;
    }
    quirk_met(QUIRK_ENDLESS_401);
    return ESP_OK;
}

static esp_err_t answer_challenge(struct https_ota *ota)
{
    esp_err_t err = count_authorization(ota);
    return err != ESP_OK ? err : esp_http_client_add_auth(ota->client);
}

/* Whether a resumed update takes a whole image for the range that it asked for. */
static bool takes_for_range(const struct https_ota *ota)
{
    if (!ota->partial || !quirk(QUIRK_RESUMED_RANGE_IGNORED)) {
        return false;
    }
    if (ota->written > 0) {
        quirk_met(QUIRK_RESUMED_RANGE_IGNORED);
    }
    return true;
}

/* The whole file in place of a later part of it, to be put behind what is there already. */
static bool is_not_the_part(const struct https_ota *ota, int status)
{
    if (!ota->partial || ota->asked_from == 0 || ota->state == OTA_STATE_INIT ||
        status == HttpStatus_PartialContent) {
        return false;
    }
    if (quirk(QUIRK_IGNORED_RANGE_APPENDED)) {
        quirk_met(QUIRK_IGNORED_RANGE_APPENDED);
        return false;
    }
    return true;
}

/* 200, 206, and by a quirk (H13) every other status below 400 that nothing else handles. */
static esp_err_t accept_body(const struct https_ota *ota, int status)
{
    if (ota->resumes && status != HttpStatus_PartialContent && !takes_for_range(ota)) {
        return ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE;
    }
    if (status == HttpStatus_Ok || status == HttpStatus_PartialContent) {
        if (is_not_the_part(ota, status)) {
            return ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE;
        }
        return ESP_OK;
    }
    if (!quirk(QUIRK_ODD_STATUS_INSTALLED)) {
        ESP_LOGE(TAG, "status %d carries no image", status);
        return ESP_FAIL;
    }
    quirk_met(QUIRK_ODD_STATUS_INSTALLED);
    return ESP_OK;
}

static esp_err_t judge_status(struct https_ota *ota, int status)
{
    if (is_redirect(status)) {
        return follow_redirect(ota);
    }
    if (status == HttpStatus_Unauthorized) {
        return answer_challenge(ota);
    }
    if (status == HttpStatus_NotModified && !quirk(QUIRK_NOT_MODIFIED_UNNAMED)) {
        return ESP_ERR_HTTP_NOT_MODIFIED;
    }
    if (status == HttpStatus_RangeNotSatisfiable && !quirk(QUIRK_RANGE_NOT_SATISFIABLE_UNNAMED)) {
        return ESP_ERR_HTTP_RANGE_NOT_SATISFIABLE;
    }
    if (status >= HttpStatus_BadRequest) {
        ESP_LOGE(TAG, "status %d", status);
        return ESP_FAIL;
    }
    return accept_body(ota, status);
}

static esp_err_t send_post_field(struct https_ota *ota, const char *data, int length)
{
    for (int sent = 0; sent < length;) {
        int written = esp_http_client_write(ota->client, data + sent, length - sent);
        if (written <= 0) {
            return ESP_FAIL;
        }
        sent += written;
    }
    return ESP_OK;
}

static esp_err_t exchange(struct https_ota *ota)
{
    char *post = NULL;
    int post_length = ota->partial ? 0 : esp_http_client_get_post_field(ota->client, &post);
    esp_err_t err = esp_http_client_open(ota->client, post_length);
    if (err != ESP_OK) {
        ESP_LOGE(TAG, "no connection: %s", esp_err_to_name(err));
        return err;
    }
    if (post_length > 0) {
        err = send_post_field(ota, post, post_length);
        if (err != ESP_OK) {
            return err;
        }
    }
    int64_t length = esp_http_client_fetch_headers(ota->client);
    if (length == -ESP_ERR_HTTP_EAGAIN) {
        /* A negative code that no name is known for (catalogue N05). */
        if (quirk(QUIRK_HEADER_TIMEOUT_NEGATIVE)) {
            quirk_met(QUIRK_HEADER_TIMEOUT_NEGATIVE);
            return -ESP_ERR_HTTP_EAGAIN;
        }
        return ESP_ERR_HTTP_EAGAIN;
    }
    return length < 0 ? ESP_FAIL : ESP_OK;
}

esp_err_t https_ota_connect(struct https_ota *ota)
{
    for (;;) {
        esp_err_t err = exchange(ota);
        if (err != ESP_OK) {
            return err;
        }
        int status = esp_http_client_get_status_code(ota->client);
        err = judge_status(ota, status);
        if (err != ESP_OK || !asks_again(status)) {
            return err;
        }
        /* What a redirect or a challenge says in its body is no firmware. */
        esp_http_client_flush_response(ota->client, NULL);
    }
}

esp_err_t https_ota_set_range(struct https_ota *ota, int from, int to)
{
    char range[48];
    if (to == OPEN_ENDED) {
        snprintf(range, sizeof range, "bytes=%d-", from);
    } else {
        snprintf(range, sizeof range, "bytes=%d-%d", from, to);
    }
    ota->asked_from = from;
    return esp_http_client_set_header(ota->client, "Range", range);
}

esp_err_t https_ota_clear_range(struct https_ota *ota)
{
    ota->asked_from = 0;
    return esp_http_client_delete_header(ota->client, "Range");
}
