#include "image_store.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = 4, TEXT_MAX = 64 };

struct entry {
    struct app_image_spec fields; /* without the texts */
    char texts[3][TEXT_MAX];
    uint8_t *image; /* NULL: the place is free */
    size_t length;
};

static struct entry entries[KEPT];
static size_t next; /* to be replaced: the oldest */

/* Whoever asks may put another text at the same address later. */
static bool copy_text(char to[TEXT_MAX], const char *text)
{
    size_t length = text != NULL ? strlen(text) + 1 : 0; /* NULL is not "" */
    if (length >= TEXT_MAX) {
        return false;
    }
    memset(to, 0, TEXT_MAX);
    to[0] = text != NULL ? '=' : '\0';
    memcpy(to + (text != NULL), text != NULL ? text : "", length);
    return true;
}

static bool make_key(const struct app_image_spec *spec, struct entry *key)
{
    memset(key, 0, sizeof *key);
    key->fields = *spec;
    key->fields.version = key->fields.project_name = key->fields.idf_version = NULL;
    return copy_text(key->texts[0], spec->version) &&
           copy_text(key->texts[1], spec->project_name) &&
           copy_text(key->texts[2], spec->idf_version);
}

/* Padding that differs makes two that are the same look different, which does no harm. */
static const struct entry *find(const struct entry *key)
{
    for (size_t i = 0; i < KEPT; i++) {
        if (entries[i].image != NULL &&
            memcmp(&entries[i].fields, &key->fields, sizeof key->fields) == 0 &&
            memcmp(entries[i].texts, key->texts, sizeof key->texts) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

static uint8_t *copy_of(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length);
    if (copy != NULL) {
        memcpy(copy, bytes, length);
    }
    return copy;
}

static void keep(struct entry *key, const uint8_t *image, size_t length)
{
    key->image = copy_of(image, length);
    key->length = length;
    if (key->image != NULL) {
        free(entries[next].image);
        entries[next] = *key;
        next = (next + 1) % KEPT;
    }
}

bool image_store_build(const struct app_image_spec *spec, uint8_t **image, size_t *length,
                       struct error *err)
{
    struct entry key;
    bool may_be_kept = make_key(spec, &key);
    const struct entry *found = may_be_kept ? find(&key) : NULL;
    if (found != NULL) {
        *image = copy_of(found->image, found->length);
        *length = found->length;
        return *image != NULL || error_set(err, "out of memory for an image");
    }
    if (!app_image_build(spec, image, length, err)) {
        return false;
    }
    if (may_be_kept) {
        keep(&key, *image, *length);
    }
    return true;
}
