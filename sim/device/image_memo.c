#include "image_memo.h"

#include <stdlib.h>

#include "flash_cipher.h"
#include "signature.h"

#define BUCKETS 4096u /* a power of two; chains take what does not fit */

struct verdict {
    uint64_t version;
    uint32_t size;
    bool skip_digest;
    unsigned lenience;
    uint64_t policy; /* fingerprint of whose signatures were wanted */
    esp_err_t result;
    struct app_image_info info;
    struct error error;
    struct verdict *next;
};

struct image_memo {
    struct verdict *buckets[BUCKETS];
    uint64_t made, reused;
};

struct image_memo *image_memo_create(void)
{
    return calloc(1, sizeof(struct image_memo));
}

void image_memo_forget(struct image_memo *memo)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct verdict *verdict = memo->buckets[i]; verdict != NULL;) {
            struct verdict *next = verdict->next;
            free(verdict);
            verdict = next;
        }
        memo->buckets[i] = NULL;
    }
}

void image_memo_destroy(struct image_memo *memo)
{
    if (memo != NULL) {
        image_memo_forget(memo);
    }
    free(memo);
}

struct source {
    struct flash *flash;
    uint32_t offset;
};

static esp_err_t read_source(void *context, uint32_t offset, void *out, uint32_t length)
{
    const struct source *source = context;
    return flash_read_decrypted(source->flash, source->offset + offset, out, length);
}

static void verify(struct flash *flash, const struct partition *partition,
                   const struct app_image_rules *rules, struct verdict *verdict)
{
    struct source context = {.flash = flash, .offset = partition->offset};
    const struct app_image_source source = {
        .read = read_source, .context = &context, .size = partition->size};
    verdict->error.text[0] = '\0';
    verdict->result = app_image_verify(&source, rules, &verdict->info, &verdict->error);
}

static struct verdict *find(struct image_memo *memo, const struct verdict *key)
{
    struct verdict *verdict = memo->buckets[key->version % BUCKETS];
    while (verdict != NULL &&
           (verdict->version != key->version || verdict->size != key->size ||
            verdict->skip_digest != key->skip_digest || verdict->lenience != key->lenience ||
            verdict->policy != key->policy)) {
        verdict = verdict->next;
    }
    return verdict;
}

esp_err_t image_memo_verify(struct image_memo *memo, struct flash *flash,
                            const struct partition *partition, const struct app_image_rules *rules,
                            struct app_image_info *info, struct error *err)
{
    struct verdict key = {
        .version = flash_version(flash, partition->offset, partition->size),
        .size = partition->size,
        .skip_digest = rules->skip_digest,
        .lenience = rules->lenience,
        .policy = signature_policy_fingerprint(rules->signature),
    };
    struct verdict *verdict = find(memo, &key);
    if (verdict != NULL) {
        memo->reused++;
    } else {
        verify(flash, partition, rules, &key);
        memo->made++;
        verdict = malloc(sizeof *verdict);
        if (verdict == NULL) {
            verdict = &key;
        } else {
            struct verdict **bucket = &memo->buckets[key.version % BUCKETS];
            *verdict = key;
            verdict->next = *bucket;
            *bucket = verdict;
        }
    }
    if (info != NULL) {
        *info = verdict->info;
    }
    if (err != NULL) {
        *err = verdict->error;
    }
    return verdict->result;
}

void image_memo_figures(const struct image_memo *memo, uint64_t *made, uint64_t *reused)
{
    *made = memo->made;
    *reused = memo->reused;
}
