/* What verifying an image gave, kept by the fingerprint of the flash that it lies in. Hashing a
 * megabyte takes the host longer than all the rest of a boot, and a sweep boots from the same bytes
 * thousands of times. A change of one byte changes the fingerprint (flash_version), so a verdict
 * never outlives what it is about. */
#pragma once

#include "app_image.h"
#include "flash.h"
#include "partition_table.h"

struct image_memo;

/** NULL when memory is short. */
struct image_memo *image_memo_create(void);
void image_memo_destroy(struct image_memo *memo);

/** As app_image_verify of that partition's source, decrypted. Only for one chip, one flash key and
 * one set of efuse revisions in the life of the memo: they are no part of the memo's key. */
esp_err_t image_memo_verify(struct image_memo *memo, struct flash *flash,
                            const struct partition *partition, const struct app_image_rules *rules,
                            struct app_image_info *info, struct error *err);

/** Forgets all verdicts; the figures stay. */
void image_memo_forget(struct image_memo *memo);

/** How many verdicts were made, and how many of them were asked for again. */
void image_memo_figures(const struct image_memo *memo, uint64_t *made, uint64_t *reused);
