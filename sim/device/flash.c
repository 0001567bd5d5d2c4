#include "flash.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a boot process writes and its parent reads afterwards. */
struct sector {
    uint64_t history; /* fingerprint of all that was done to the sector since its last erase */
    uint32_t erases;
    uint32_t programs;
};

struct shared {
    struct flash_counters counters;
    uint64_t operations;
    struct flash_key key;
    struct sector sectors[];
};

/* The handle belongs to one process: a forked child arms and observes its own copy. */
struct flash {
    uint32_t size;
    int sharing; /* MAP_SHARED; a snapshot's is MAP_PRIVATE */
    pid_t owner; /* the process that made it */
    size_t shared_length;
    struct shared *shared;
    uint8_t *bytes;
    flash_observer *observer;
    void *observer_context;
    uint8_t before[FLASH_SECTOR_SIZE]; /* for the observer */
    uint64_t cut_at;
    enum flash_cut_mode cut_mode;
    flash_power_lost *power_lost;
    void *power_lost_context;
    uint64_t error_at;
    esp_err_t error; /* ESP_OK: none armed */
};

#define ERASED_HISTORY 1u

static void *map(size_t length, int sharing)
{
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, sharing | MAP_ANON, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static struct flash *allocate(uint32_t size, int sharing)
{
    /* Not of the heap: often only memory that processes share points to it, where a search for
     * leaks does not look. */
    struct flash *flash = map(sizeof *flash, MAP_PRIVATE);
    if (flash == NULL) {
        return NULL;
    }
    flash->size = size;
    flash->sharing = sharing;
    flash->owner = getpid();
    flash->shared_length =
        sizeof *flash->shared + size / FLASH_SECTOR_SIZE * sizeof flash->shared->sectors[0];
    flash->shared = map(flash->shared_length, sharing);
    flash->bytes = map(size, sharing);
    if (flash->shared == NULL || flash->bytes == NULL) {
        flash_destroy(flash);
        return NULL;
    }
    return flash;
}

/* Chips that were destroyed, for whoever wants one like them: most of what a device or a snapshot
 * costs is its megabytes of new memory, of which few differ from one to the next. */
#define SPARES 8u
static struct flash *spares[SPARES];

static bool fits(const struct flash *flash, uint32_t size, int sharing)
{
    return flash != NULL && flash->size == size && flash->sharing == sharing &&
           flash->owner == getpid();
}

/* With the bytes and histories that it had; NULL if there is none. */
static struct flash *take_spare(uint32_t size, int sharing)
{
    for (size_t i = 0; i < SPARES; i++) {
        struct flash *flash = spares[i];
        if (fits(flash, size, sharing)) {
            spares[i] = NULL;
            *flash = (struct flash){.size = size,
                                    .shared_length = flash->shared_length,
                                    .shared = flash->shared,
                                    .bytes = flash->bytes,
                                    .sharing = sharing,
                                    .owner = flash->owner};
            flash_reset_counters(flash);
            return flash;
        }
    }
    return NULL;
}

static struct flash *reuse(uint32_t size)
{
    struct flash *flash = take_spare(size, MAP_SHARED);
    for (uint32_t i = 0; flash != NULL && i < size / FLASH_SECTOR_SIZE; i++) {
        struct sector *sector = &flash->shared->sectors[i];
        if (sector->history != ERASED_HISTORY) {
            memset(flash->bytes + (size_t)i * FLASH_SECTOR_SIZE, 0xFF, FLASH_SECTOR_SIZE);
            sector->history = ERASED_HISTORY;
        }
    }
    if (flash != NULL) {
        flash->shared->key = (struct flash_key){0};
    }
    return flash;
}

struct flash *flash_create(uint32_t size)
{
    if (size == 0 || size % FLASH_SECTOR_SIZE != 0) {
        return NULL;
    }
    struct flash *spared = reuse(size);
    if (spared != NULL) {
        return spared;
    }
    struct flash *flash = allocate(size, MAP_SHARED);
    if (flash == NULL) {
        return NULL;
    }
    memset(flash->bytes, 0xFF, size);
    for (uint32_t i = 0; i < size / FLASH_SECTOR_SIZE; i++) {
        flash->shared->sectors[i].history = ERASED_HISTORY;
    }
    return flash;
}

/* Where it is kept. Only by the process that made it: the mapping of a forked one may be its
 * parent's too. */
static struct flash **spare_place(const struct flash *flash)
{
    bool whole = flash->shared != NULL && flash->bytes != NULL;
    for (size_t i = 0; whole && flash->owner == getpid() && i < SPARES; i++) {
        if (spares[i] == NULL) {
            return &spares[i];
        }
    }
    return NULL;
}

void flash_destroy(struct flash *flash)
{
    if (flash == NULL) {
        return;
    }
    struct flash **place = spare_place(flash);
    if (place != NULL) {
        *place = flash;
        return;
    }
    if (flash->shared != NULL) {
        munmap(flash->shared, flash->shared_length);
    }
    if (flash->bytes != NULL) {
        munmap(flash->bytes, flash->size);
    }
    munmap(flash, sizeof *flash);
}

uint32_t flash_size(const struct flash *flash)
{
    return flash->size;
}

esp_err_t flash_set_key(struct flash *flash, const struct flash_key *key)
{
    if (key->length != 0 && key->length != 32 && key->length != 64) {
        return ESP_ERR_INVALID_ARG;
    }
    flash->shared->key = *key;
    return ESP_OK;
}

const struct flash_key *flash_key(const struct flash *flash)
{
    return &flash->shared->key;
}

static bool in_chip(const struct flash *flash, uint32_t address, uint32_t length)
{
    return address <= flash->size && length <= flash->size - address;
}

static struct sector *sector_at(const struct flash *flash, uint32_t address)
{
    return &flash->shared->sectors[address / FLASH_SECTOR_SIZE];
}

static uint64_t mix(uint64_t history, uint64_t word)
{
    /* Multiply and rotate: the order of the words counts, and no word is lost. */
    history ^= word;
    history *= 0x9E3779B97F4A7C15u;
    return history << 29 | history >> 35;
}

static uint64_t mix_bytes(uint64_t history, const uint8_t *data, uint32_t length)
{
    while (length >= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, data, sizeof word);
        history = mix(history, word);
        data += sizeof word;
        length -= (uint32_t)sizeof word;
    }
    uint64_t rest = 0;
    memcpy(&rest, data, length);
    return mix(mix(history, rest), length);
}

enum change { CHANGE_PROGRAM, CHANGE_LOAD };

/* Notes in every sector of the range what is about to be done to it. */
static void note_change(struct flash *flash, enum change change, uint32_t address,
                        const uint8_t *data, uint32_t length)
{
    while (length > 0) {
        uint32_t within = address % FLASH_SECTOR_SIZE;
        uint32_t part = FLASH_SECTOR_SIZE - within;
        part = part < length ? part : length;
        struct sector *sector = sector_at(flash, address);
        sector->history =
            mix_bytes(mix(sector->history, within << 1 | (unsigned)change), data, part);
        address += part;
        data += part;
        length -= part;
    }
}

esp_err_t flash_read(struct flash *flash, uint32_t address, void *out, uint32_t length)
{
    if (!in_chip(flash, address, length)) {
        return ESP_ERR_INVALID_ARG;
    }
    if (length > 0) {
        memcpy(out, flash->bytes + address, length);
        flash->shared->counters.bytes_read += length;
    }
    return ESP_OK;
}

static void keep_what_was(struct flash *flash, struct flash_op *op)
{
    op->before = flash->before;
    op->before_length = op->length < sizeof flash->before ? op->length : sizeof flash->before;
    memcpy(flash->before, flash->bytes + op->address, op->before_length);
}

/* Clears bits. Returns how many bytes needed a 0 to become 1, which they don't. */
static uint32_t clear_bits(uint8_t *bytes, const uint8_t *data, uint32_t length)
{
    uint32_t violations = 0;
    for (uint32_t i = 0; i < length; i++) {
        violations += (data[i] & ~bytes[i]) != 0;
        bytes[i] &= data[i];
    }
    return violations;
}

/* The same a word at a time where nothing is violated. */
static uint32_t program_bytes(uint8_t *bytes, const uint8_t *data, uint32_t length)
{
    uint32_t violations = 0;
    for (; length >= sizeof(uint64_t); length -= (uint32_t)sizeof(uint64_t)) {
        uint64_t is, wanted;
        memcpy(&is, bytes, sizeof is);
        memcpy(&wanted, data, sizeof wanted);
        if ((wanted & ~is) != 0) {
            violations += clear_bits(bytes, data, sizeof is);
        } else {
            memcpy(bytes, &wanted, sizeof wanted);
        }
        bytes += sizeof is;
        data += sizeof wanted;
    }
    return violations + clear_bits(bytes, data, length);
}

static void apply_program(struct flash *flash, struct flash_op *op)
{
    struct shared *shared = flash->shared;
    note_change(flash, CHANGE_PROGRAM, op->address, op->data, op->length);
    atomic_signal_fence(memory_order_seq_cst);
    uint32_t violations = program_bytes(flash->bytes + op->address, op->data, op->length);
    op->nor_violations = violations;
    shared->counters.programs++;
    shared->counters.bytes_programmed += op->length;
    shared->counters.nor_violations += violations;
    uint32_t last = op->length > 0 ? op->address + op->length - 1 : op->address;
    for (uint32_t i = op->address / FLASH_SECTOR_SIZE; i <= last / FLASH_SECTOR_SIZE; i++) {
        shared->sectors[i].programs++;
    }
}

static void apply_erase(struct flash *flash, const struct flash_op *op)
{
    struct sector *sector = sector_at(flash, op->address);
    /* A process may be killed in the middle of this, and the chip be reused: as erased counts only
     * what is. */
    sector->history = mix(sector->history, op->length);
    atomic_signal_fence(memory_order_seq_cst);
    memset(flash->bytes + op->address, 0xFF, op->length);
    atomic_signal_fence(memory_order_seq_cst);
    if (op->length == FLASH_SECTOR_SIZE) {
        sector->history = ERASED_HISTORY;
    }
    sector->erases++;
    flash->shared->counters.erases++;
}

static void lose_power(struct flash *flash)
{
    if (flash->power_lost != NULL) {
        flash->power_lost(flash->power_lost_context);
    }
    abort(); /* the contract: no code of this boot runs on without power */
}

/* One operation, with the faults that are armed for its number. */
static esp_err_t operate(struct flash *flash, struct flash_op op)
{
    op.index = flash->shared->operations;
    enum flash_cut_mode cut = op.index == flash->cut_at ? flash->cut_mode : FLASH_CUT_NONE;
    if (cut == FLASH_CUT_BEFORE) {
        lose_power(flash);
    }
    if (flash->error != ESP_OK && op.index == flash->error_at) {
        esp_err_t error = flash->error;
        flash->error = ESP_OK;
        flash->shared->operations++;
        return error;
    }
    if (cut == FLASH_CUT_TORN) {
        op.length /= 2;
    }
    if (flash->observer != NULL) {
        keep_what_was(flash, &op);
    }
    if (op.kind == FLASH_ERASE) {
        apply_erase(flash, &op);
    } else {
        apply_program(flash, &op);
    }
    flash->shared->operations++;
    if (flash->observer != NULL) {
        flash->observer(flash->observer_context, &op);
    }
    if (cut != FLASH_CUT_NONE) {
        lose_power(flash);
    }
    return ESP_OK;
}

esp_err_t flash_program(struct flash *flash, uint32_t address, const void *data, uint32_t length)
{
    if (!in_chip(flash, address, length)) {
        return ESP_ERR_INVALID_ARG;
    }
    if (length == 0) {
        return ESP_OK;
    }
    return operate(flash, (struct flash_op){
                              .kind = FLASH_PROGRAM,
                              .address = address,
                              .length = length,
                              .data = data,
                          });
}

esp_err_t flash_erase(struct flash *flash, uint32_t address, uint32_t length)
{
    if (address % FLASH_SECTOR_SIZE != 0 || length % FLASH_SECTOR_SIZE != 0 ||
        !in_chip(flash, address, length)) {
        return ESP_ERR_INVALID_ARG;
    }
    for (uint32_t done = 0; done < length; done += FLASH_SECTOR_SIZE) {
        esp_err_t result = operate(flash, (struct flash_op){
                                              .kind = FLASH_ERASE,
                                              .address = address + done,
                                              .length = FLASH_SECTOR_SIZE,
                                          });
        if (result != ESP_OK) {
            return result;
        }
    }
    return ESP_OK;
}

esp_err_t flash_load(struct flash *flash, uint32_t address, const void *data, uint32_t length)
{
    if (!in_chip(flash, address, length)) {
        return ESP_ERR_INVALID_ARG;
    }
    if (length > 0) {
        note_change(flash, CHANGE_LOAD, address, data, length);
        atomic_signal_fence(memory_order_seq_cst);
        memcpy(flash->bytes + address, data, length);
    }
    return ESP_OK;
}

const uint8_t *flash_view(const struct flash *flash, uint32_t address, uint32_t length)
{
    return in_chip(flash, address, length) ? flash->bytes + address : NULL;
}

struct flash_counters flash_counters(const struct flash *flash)
{
    return flash->shared->counters;
}

uint32_t flash_sector_erases(const struct flash *flash, uint32_t address)
{
    return address < flash->size ? sector_at(flash, address)->erases : 0;
}

uint32_t flash_sector_programs(const struct flash *flash, uint32_t address)
{
    return address < flash->size ? sector_at(flash, address)->programs : 0;
}

uint64_t flash_op_count(const struct flash *flash)
{
    return flash->shared->operations;
}

void flash_reset_counters(struct flash *flash)
{
    flash->shared->counters = (struct flash_counters){0};
    flash->shared->operations = 0;
    for (uint32_t i = 0; i < flash->size / FLASH_SECTOR_SIZE; i++) {
        flash->shared->sectors[i].erases = 0;
        flash->shared->sectors[i].programs = 0;
    }
}

uint64_t flash_version(const struct flash *flash, uint32_t address, uint32_t length)
{
    uint64_t version = 0;
    if (length == 0 || !in_chip(flash, address, length)) {
        return version;
    }
    uint32_t last = (address + length - 1) / FLASH_SECTOR_SIZE;
    for (uint32_t i = address / FLASH_SECTOR_SIZE; i <= last; i++) {
        version = mix(version, flash->shared->sectors[i].history);
    }
    return version;
}

void flash_observe(struct flash *flash, flash_observer *observer, void *context)
{
    flash->observer = observer;
    flash->observer_context = context;
}

void flash_arm_power_cut(struct flash *flash, uint64_t at, enum flash_cut_mode mode,
                         flash_power_lost *power_lost, void *context)
{
    flash->cut_at = at;
    flash->cut_mode = mode;
    flash->power_lost = power_lost;
    flash->power_lost_context = context;
}

void flash_arm_error(struct flash *flash, uint64_t at, esp_err_t error)
{
    flash->error_at = at;
    flash->error = error;
}

struct flash *flash_snapshot(const struct flash *flash)
{
    struct flash *copy = take_spare(flash->size, MAP_PRIVATE);
    if (copy == NULL) {
        copy = allocate(flash->size, MAP_PRIVATE); /* no sector has the history 0 */
    }
    if (copy != NULL) {
        flash_snapshot_refresh(copy, flash);
    }
    return copy;
}

void flash_snapshot_refresh(struct flash *snapshot, const struct flash *flash)
{
    uint32_t size = snapshot->size < flash->size ? snapshot->size : flash->size;
    for (uint32_t i = 0; i < size / FLASH_SECTOR_SIZE; i++) {
        struct sector *to = &snapshot->shared->sectors[i];
        const struct sector *from = &flash->shared->sectors[i];
        if (to->history != from->history) {
            memcpy(snapshot->bytes + (size_t)i * FLASH_SECTOR_SIZE,
                   flash->bytes + (size_t)i * FLASH_SECTOR_SIZE, FLASH_SECTOR_SIZE);
            to->history = from->history;
        }
    }
    snapshot->shared->key = flash->shared->key;
    flash_reset_counters(snapshot);
}

/* Both times grow with the length; one figure for nothing, one for a whole sector. */
static uint32_t time_us(uint32_t length, uint32_t least, uint32_t whole_sector)
{
    uint32_t whole = length / FLASH_SECTOR_SIZE * whole_sector;
    uint32_t rest = length % FLASH_SECTOR_SIZE;
    return rest == 0 ? whole : whole + least + rest * (whole_sector - least) / FLASH_SECTOR_SIZE;
}

uint32_t flash_read_time_us(uint32_t length)
{
    return time_us(length, 7, 459);
}

uint32_t flash_program_time_us(uint32_t length)
{
    return time_us(length, 19, 6367);
}

uint32_t flash_erase_time_us(uint32_t length)
{
    return (length + FLASH_SECTOR_SIZE - 1) / FLASH_SECTOR_SIZE * 37000u;
}
