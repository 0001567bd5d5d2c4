/* Updates from begin to end, judged by the walk's own book of them. */
#include <string.h>

#include "test_walk_run.h"

#define BLOCK 16u /* flash encryption */

static const struct world_image *image_of(const struct update *update)
{
    return &world_images[update->image];
}

static bool is_slot(int place)
{
    return place >= 0;
}

static size_t place_size(const struct run *run, int place)
{
    return world_partition(&run->world, place)->size;
}

/* Bytes that the library has sent to flash: under encryption whole blocks. */
static size_t written_to_flash(const struct run *run, const struct update *update)
{
    return run->world.setup.encrypted ? update->written / BLOCK * BLOCK : update->written;
}

static struct update *pick_update(struct run *run, uint32_t choice)
{
    return run->update_count > 0 ? &run->updates[choice % run->update_count] : NULL;
}

static void note_progress(struct run *run, const struct update *update)
{
    if (is_slot(update->staging)) {
        run->progress[update->staging] = (struct progress){
            .known = !update->unsure && !update->excused,
            .image = update->image,
            .written = written_to_flash(run, update),
            .erased = update->erased,
        };
    }
}

static void close_update(struct run *run, struct update *update)
{
    *update = run->updates[--run->update_count];
}

static bool is_in_use(const struct run *run, int place)
{
    for (unsigned i = 0; i < run->update_count; i++) {
        if (run->updates[i].staging == place || run->updates[i].final == place) {
            return true;
        }
    }
    return run->leaked[place - PLACE_DATA];
}

/* The state that otadata's first entry with a good CRC gives the running app. */
static bool running_app_is_on_trial(const struct run *run)
{
    struct otadata otadata;
    world_read_otadata(&run->world, &otadata);
    for (int i = 0; i < 2 && is_slot(run->running); i++) {
        const struct otadata_entry *entry = &otadata.entry[i];
        if (entry->crc == otadata_crc(entry->seq) &&
            world_slot_named(&run->world, entry) == run->running) {
            return entry->state == OTADATA_PENDING_VERIFY;
        }
    }
    return false;
}

/* What esp_ota_begin and esp_ota_resume must say of the place. */
static esp_err_t expected_of_open(const struct run *run, int place)
{
    if (place == PLACE_FACTORY) {
        return ESP_ERR_INVALID_ARG;
    }
    if (is_slot(place) && place == run->running) {
        return ESP_ERR_OTA_PARTITION_CONFLICT;
    }
    if (is_slot(place) && run->world.bootloader.rollback && running_app_is_on_trial(run)) {
        return ESP_ERR_OTA_ROLLBACK_INVALID_STATE;
    }
    return is_in_use(run, place) ? ESP_ERR_OTA_ALREADY_IN_PROGRESS : ESP_OK;
}

static void judge(struct run *run, const char *call, esp_err_t err, esp_err_t expected)
{
    walk_rule(run, err == expected || walk_error_struck(run), "result", "%s returned %s, not %s",
              call, esp_err_to_name(err), esp_err_to_name(expected));
}

static struct update *add_update(struct run *run, struct update update)
{
    run->updates[run->update_count] = update;
    return &run->updates[run->update_count++];
}

/* Bytes that a begin with this size erases; more than the place has: it fails. */
static size_t erased_by(const struct run *run, int place, uint32_t size)
{
    if (size == OTA_WITH_SEQUENTIAL_WRITES) {
        return 0;
    }
    if (size == 0 || size == OTA_SIZE_UNKNOWN) {
        return place_size(run, place);
    }
    if (size > UINT32_MAX - SECTOR_BYTES) { /* quirk begin-size-wraps */
        return run->walk->setup.strict ? size : 0;
    }
    return (size + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
}

static void expect_erased(struct run *run, int place, size_t length)
{
    const struct partition *partition = world_partition(&run->world, place);
    const uint8_t *bytes =
        flash_view(run->world.device->flash, partition->offset, (uint32_t)length);
    for (size_t i = 0; i < length; i++) {
        walk_rule(run, bytes[i] == 0xFF, "erased", "esp_ota_begin left 0x%02x at %s+0x%zx",
                  bytes[i], world_place_name(place), i);
    }
}

/* NULL if the library refuses, rightly. */
static struct update *begin(struct run *run, int place, uint32_t size, unsigned image)
{
    size_t erased = erased_by(run, place, size);
    esp_err_t expected = expected_of_open(run, place);
    bool opens = expected == ESP_OK;
    if (opens && erased > place_size(run, place)) {
        expected = ESP_ERR_INVALID_SIZE;
    }
    if (opens) {
        walk_disturb(run, place);
    }
    bool forgets = opens && is_slot(place) && run->world.bootloader.rollback;
    if (forgets) {
        walk_may_forget(run);
    }
    esp_ota_handle_t handle = 0;
    esp_err_t err = esp_ota_begin(walk_partition(run, place), size, &handle);
    walk_say(run, "esp_ota_begin(%s, 0x%x) = %s for the image %s", world_place_name(place),
             (unsigned)size, esp_err_to_name(err), world_images[image].name);
    judge(run, "esp_ota_begin", err, expected);
    if (err != ESP_OK) {
        if (opens && !run->walk->setup.strict) {
            run->leaked[place - PLACE_DATA] = true; /* quirk failed-begin-leaks */
        }
        return NULL;
    }
    expect_erased(run, place, erased);
    if (forgets && !walk_error_struck(run)) {
        /* With quirk begin-forgets-any-slot, whichever app the entry names. */
        int named = walk_may_forget(run);
        bool other_app = run->walk->setup.strict && named != place;
        walk_rule(run, named == PLACE_NONE || other_app, "forgotten",
                  "otadata names an app still that an unfinished update could be taken for");
    }
    struct update *update =
        add_update(run, (struct update){
                            .handle = handle,
                            .staging = place,
                            .final = place,
                            .image = image,
                            .erased = size == OTA_WITH_SEQUENTIAL_WRITES ? ERASED_AHEAD : erased,
                        });
    note_progress(run, update);
    return update;
}

static int pick_target(struct run *run, uint32_t choice)
{
    switch (choice % 8) {
    case 6:
        return PLACE_DATA;
    case 7:
        return walk_pick_app(run, choice / 8);
    default:
        return walk_place_of(esp_ota_get_next_update_partition(NULL));
    }
}

/* Mostly one that verifies. */
static unsigned pick_image(uint32_t choice)
{
    return choice % 4 == 0 ? choice / 4 % world_image_count : choice / 4 % (world_retry_image + 1);
}

static uint32_t pick_size(const struct run *run, int place, uint32_t choice, unsigned image)
{
    const uint32_t sizes[] = {
        OTA_WITH_SEQUENTIAL_WRITES,
        OTA_WITH_SEQUENTIAL_WRITES,
        OTA_WITH_SEQUENTIAL_WRITES,
        OTA_SIZE_UNKNOWN,
        0,
        (uint32_t)world_images[image].length,
        (uint32_t)world_images[image].length / 2, /* more comes than was announced */
        choice / 8 % 3 == 0 ? (uint32_t)place_size(run, place) + 1 : 0xFFFFFFF0u,
    };
    return sizes[choice % 8];
}

void walk_begin(struct run *run, const struct walk_step *step)
{
    int place = pick_target(run, step->a);
    unsigned image = pick_image(step->c);
    if (run->update_count < MAX_UPDATES) {
        begin(run, place, pick_size(run, place, step->b, image), image);
    }
}

void walk_resume(struct run *run, const struct walk_step *step)
{
    int place = walk_place_of(esp_ota_get_next_update_partition(NULL));
    if (run->update_count == MAX_UPDATES || !is_slot(place)) {
        return;
    }
    struct progress *progress = &run->progress[place];
    bool right = progress->known && step->a % 4 != 0;
    bool ahead = step->b % 3 != 0;
    struct update update = {
        .staging = place,
        .final = place,
        .image = right ? progress->image : pick_image(step->c),
        .written = right ? progress->written : step->c / 64 % 1024 / BLOCK * BLOCK,
        /* A resume erases nothing, so the rest must have been erased by the begin of then. */
        .erased = ahead                                       ? ERASED_AHEAD
                  : right && progress->erased != ERASED_AHEAD ? progress->erased
                                                              : 0,
        .resumed = true,
        .excused = !right,
        .unsure = !right,
    };
    esp_err_t expected = expected_of_open(run, place);
    esp_err_t err = esp_ota_resume(walk_partition(run, place),
                                   ahead ? OTA_WITH_SEQUENTIAL_WRITES : image_of(&update)->length,
                                   update.written, &update.handle);
    walk_say(run, "esp_ota_resume(%s, %s, %zu) = %s for the image %s", world_place_name(place),
             ahead ? "OTA_WITH_SEQUENTIAL_WRITES" : "its size", update.written,
             esp_err_to_name(err), image_of(&update)->name);
    judge(run, "esp_ota_resume", err, expected);
    if (err == ESP_OK) {
        add_update(run, update);
    }
}

static esp_err_t expected_of_write(const struct run *run, const struct update *update, size_t size)
{
    bool is_first = update->written == 0 && !update->wrote_at;
    if (is_first && update->final != PLACE_DATA && image_of(update)->bytes[0] != 0xE9) {
        return ESP_ERR_OTA_VALIDATE_FAILED;
    }
    size_t end = update->written + size;
    if (update->erased == ERASED_AHEAD) {
        end = written_to_flash(run, update) + size;
        end = (end + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    } else if (run->world.setup.encrypted) {
        end = end / BLOCK * BLOCK;
    }
    return end > place_size(run, update->staging) ? ESP_ERR_INVALID_SIZE : ESP_OK;
}

/* A write that lost power may have programmed bytes beyond where esp_ota_resume goes on. The same
 * bytes of the image do no harm there, but with flash encryption others may come: the padding of an
 * update that ends early, and blocks that have shifted since a failing write. */
static bool overwrites_torn(const struct run *run, const struct update *update)
{
    return run->world.setup.encrypted && update->resumed &&
           (update->unsure || update->written < image_of(update)->length);
}

/* Programs without an erase, each the library's own doing (native OTA page):
 * - more is written than esp_ota_begin was told of, or it was told a size that wraps to nothing;
 * - esp_ota_resume where the rest of the slot is not as the interrupted update left it;
 * - esp_ota_write_with_offset twice over the same bytes;
 * - with flash encryption, the last block of a sequential update (quirk encrypted-tail-unerased);
 * - someone else wrote into the slot while the update was open;
 * - overwrites_torn(). */
static void excuse_write(struct run *run, struct update *update, size_t end)
{
    run->may_violate = update->excused ||
                       (update->erased != ERASED_AHEAD && end > update->erased) ||
                       (update->unsure && overwrites_torn(run, update));
    update->unsure = update->unsure || run->may_violate;
}

/* The library's count of bytes is the walk's: it counts differently after writes at an offset, and
 * after a failed write under encryption, of which some blocks and the tail may have been taken. */
static bool has_counted_alike(const struct run *run, const struct update *update)
{
    return !update->wrote_at && !(run->world.setup.encrypted && update->unsure);
}

static esp_err_t write_next(struct run *run, struct update *update, size_t size)
{
    const struct world_image *image = image_of(update);
    size_t left = update->written < image->length ? image->length - update->written : 0;
    size = size < left ? size : left;
    if (size == 0) {
        return ESP_OK;
    }
    esp_err_t expected = expected_of_write(run, update, size);
    bool counts_alike = has_counted_alike(run, update);
    excuse_write(run, update, update->written + size);
    walk_touch(run, update->staging);
    note_progress(run, update); /* power may fail in the call */
    esp_err_t err = esp_ota_write(update->handle, image->bytes + update->written, size);
    if (counts_alike) {
        judge(run, "esp_ota_write", err, expected);
    }
    if (err == ESP_OK) {
        update->written += size;
    } else {
        update->unsure = true;
    }
    note_progress(run, update);
    return err;
}

static esp_err_t write_rest(struct run *run, struct update *update, size_t chunk)
{
    esp_err_t err = ESP_OK;
    size_t from = update->written;
    while (err == ESP_OK && update->written < image_of(update)->length) {
        err = write_next(run, update, chunk);
    }
    walk_say(run, "esp_ota_write(handle %u) in pieces of %zu, from %zu to %zu of %zu = %s",
             (unsigned)update->handle, chunk, from, update->written, image_of(update)->length,
             esp_err_to_name(err));
    return err;
}

void walk_write(struct run *run, const struct walk_step *step)
{
    struct update *update = pick_update(run, step->a);
    if (update != NULL) {
        size_t size = 1 + step->b % (step->c % 2 == 0 ? 64 : 5000);
        esp_err_t err = write_next(run, update, size);
        walk_say(run, "esp_ota_write(handle %u, %zu bytes) = %s", (unsigned)update->handle, size,
                 esp_err_to_name(err));
    }
}

static size_t pick_chunk(uint32_t choice)
{
    static const size_t chunks[] = {100, 256, 1000, 4095, 4096, 4097, 20000};
    return chunks[choice % (sizeof chunks / sizeof chunks[0])];
}

void walk_write_all(struct run *run, const struct walk_step *step)
{
    struct update *update = pick_update(run, step->a);
    if (update != NULL) {
        write_rest(run, update, pick_chunk(step->b));
    }
}

/* Not where it is a programming error: the library aborts. */
void walk_write_at(struct run *run, const struct walk_step *step)
{
    struct update *update = pick_update(run, step->a);
    if (update == NULL || update->erased == ERASED_AHEAD) {
        return;
    }
    uint32_t offset = step->b % 1024 / BLOCK * BLOCK, size = (1 + step->c % 16) * BLOCK;
    run->may_violate = true;
    update->wrote_at = update->excused = update->unsure = true;
    walk_disturb(run, update->staging);
    esp_err_t err = esp_ota_write_with_offset(update->handle, image_of(update)->bytes + offset / 2,
                                              size, offset);
    walk_say(run, "esp_ota_write_with_offset(handle %u, %u bytes, %u) = %s",
             (unsigned)update->handle, (unsigned)size, (unsigned)offset, esp_err_to_name(err));
    judge(run, "esp_ota_write_with_offset", err, ESP_OK);
}

/* Not the running app, which the chip's protection would not let be overwritten, and nothing that
 * another update is at. */
void walk_set_final(struct run *run, const struct walk_step *step)
{
    struct update *update = pick_update(run, step->a);
    int final = step->b % 4 == 0 ? PLACE_DATA : walk_pick_app(run, step->b / 4);
    if (update == NULL || final == run->running || is_in_use(run, final)) {
        return;
    }
    bool copies = step->c % 2 == 0;
    bool late = (written_to_flash(run, update) != 0 || update->wrote_at) && !update->resumed;
    esp_err_t err = esp_ota_set_final_partition(update->handle, walk_partition(run, final), copies);
    walk_say(run, "esp_ota_set_final_partition(handle %u, %s, %s) = %s", (unsigned)update->handle,
             world_place_name(final), copies ? "copy" : "no copy", esp_err_to_name(err));
    judge(run, "esp_ota_set_final_partition", err, late ? ESP_ERR_INVALID_STATE : ESP_OK);
    if (err == ESP_OK) {
        update->final = final;
        update->copies = copies;
    }
}

static bool holds_image(const struct run *run, int place, const struct world_image *image)
{
    const struct partition *partition = world_partition(&run->world, place);
    return image->length <= partition->size &&
           memcmp(flash_view(run->world.device->flash, partition->offset, partition->size),
                  image->bytes, image->length) == 0;
}

static esp_err_t expected_of_end(const struct run *run, const struct update *update)
{
    if (written_to_flash(run, update) == 0 && !update->wrote_at) {
        return ESP_ERR_INVALID_ARG;
    }
    bool has_tail = written_to_flash(run, update) != update->written;
    if (has_tail && written_to_flash(run, update) == place_size(run, update->staging)) {
        return ESP_ERR_INVALID_STATE;
    }
    bool verifies = world_app_at(&run->world, update->staging) >= 0;
    return update->final == PLACE_DATA || verifies ? ESP_OK : ESP_ERR_OTA_VALIDATE_FAILED;
}

static void judge_end(struct run *run, const struct update *update, esp_err_t err)
{
    const struct world_image *image = image_of(update);
    bool whole = update->written == image->length && !update->unsure;
    if (has_counted_alike(run, update)) {
        judge(run, "esp_ota_end", err, expected_of_end(run, update));
    }
    if (whole && !walk_error_struck(run)) {
        walk_rule(run, holds_image(run, update->staging, image), "written",
                  "%s does not hold the image that was written", world_place_name(update->staging));
        walk_rule(run, update->final == PLACE_DATA || (err == ESP_OK) == image->verifies,
                  "verified", "esp_ota_end returned %s for the image %s", esp_err_to_name(err),
                  image->name);
    }
    if (err == ESP_OK && update->copies && whole) {
        walk_rule(run, holds_image(run, update->final, image), "copied",
                  "%s does not hold the image that was to be copied",
                  world_place_name(update->final));
    }
    if (err == ESP_ERR_OTA_VALIDATE_FAILED) {
        walk_did(run, WALK_DID_BAD_IMAGE);
    } else if (err == ESP_OK && whole && update->resumed && update->final != PLACE_DATA) {
        walk_did(run, WALK_DID_RESUMED);
    }
}

static esp_err_t end(struct run *run, struct update *update)
{
    bool tail_quirk =
        run->world.setup.encrypted && !run->walk->setup.strict && update->erased == ERASED_AHEAD;
    excuse_write(run, update, update->written);
    run->may_violate = run->may_violate || tail_quirk || overwrites_torn(run, update);
    walk_touch(run, update->staging);
    if (update->copies) {
        walk_disturb(run, update->final);
    }
    esp_err_t err = esp_ota_end(update->handle);
    walk_say(run, "esp_ota_end(handle %u) = %s", (unsigned)update->handle, esp_err_to_name(err));
    if (tail_quirk && update->written % BLOCK != 0) {
        update->unsure = true;
    }
    judge_end(run, update, err);
    close_update(run, update);
    return err;
}

void walk_end(struct run *run, const struct walk_step *step)
{
    struct update *update = pick_update(run, step->a);
    if (update != NULL) {
        end(run, update);
    }
}

void walk_abort(struct run *run, const struct walk_step *step)
{
    struct update *update = pick_update(run, step->a);
    if (update == NULL) {
        return;
    }
    esp_err_t err = esp_ota_abort(update->handle);
    walk_say(run, "esp_ota_abort(handle %u) = %s", (unsigned)update->handle, esp_err_to_name(err));
    judge(run, "esp_ota_abort", err, ESP_OK);
    judge(run, "esp_ota_abort of a closed update", esp_ota_abort(update->handle),
          ESP_ERR_NOT_FOUND);
    close_update(run, update);
}

bool walk_update_to(struct run *run, unsigned image, size_t chunk, int *slot)
{
    *slot = walk_place_of(esp_ota_get_next_update_partition(NULL));
    if (run->update_count == MAX_UPDATES || *slot == PLACE_NONE) {
        return false;
    }
    struct update *update = begin(run, *slot, OTA_WITH_SEQUENTIAL_WRITES, image);
    if (update == NULL) {
        return false;
    }
    if (write_rest(run, update, chunk) != ESP_OK) {
        esp_ota_abort(update->handle);
        close_update(run, update);
        return false;
    }
    if (end(run, update) != ESP_OK || walk_select(run, *slot, true) != ESP_OK) {
        return false;
    }
    walk_did(run, WALK_DID_UPDATE);
    return true;
}

void walk_update(struct run *run, const struct walk_step *step)
{
    int slot;
    walk_update_to(run, pick_image(step->a), pick_chunk(step->b), &slot);
}
