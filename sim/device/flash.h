/* The NOR flash chip: erase sets a 4 KB sector to 0xFF, programming only clears bits, both are
 * counted per sector. Every operation has a number, so that a fault can be placed at any of them.
 * The bytes live in memory shared with the processes that boot from them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

#define FLASH_SECTOR_SIZE 4096u
#define FLASH_PAGE_SIZE   256u

enum flash_op_kind { FLASH_ERASE, FLASH_PROGRAM };

/** One erase of one sector, or one program call. */
struct flash_op {
    uint64_t index; /* counts from 0 over the life of the device, erases and programs together */
    enum flash_op_kind kind;
    uint32_t address;
    uint32_t length;         /* bytes */
    const uint8_t *data;     /* what is programmed; NULL for an erase */
    uint32_t nor_violations; /* bytes in which a 0 bit would have had to become 1 */
    const uint8_t *before;   /* what stood at `address` before, its first `before_length` bytes */
    uint32_t before_length;  /* at most a sector */
};

struct flash_counters {
    uint64_t erases;   /* sectors */
    uint64_t programs; /* calls */
    uint64_t bytes_programmed;
    uint64_t bytes_read;
    uint64_t nor_violations; /* bytes */
};

/** Where power fails relative to operation number `at`. A torn operation does its first half: 2048
 * bytes of the sector are erased, or half of the bytes are programmed. */
enum flash_cut_mode { FLASH_CUT_NONE, FLASH_CUT_BEFORE, FLASH_CUT_TORN, FLASH_CUT_AFTER };

struct flash;

/** A chip of `size` bytes (a multiple of FLASH_SECTOR_SIZE), erased. Contents and counters are in
 * memory that forked processes share; the observer and armed faults belong to one process, and a
 * child starts with its parent's. NULL when memory is short or the size is wrong. */
struct flash *flash_create(uint32_t size);
void flash_destroy(struct flash *flash);

uint32_t flash_size(const struct flash *flash);

/** The key of the cipher in front of the chip (flash_cipher.h), as the signing tools' key files
 * have it: 32 bytes for AES-128, 64 for AES-256. The chip's own functions below know only what lies
 * in it, which is then ciphertext. Snapshots keep the key. */
#define FLASH_KEY_MAX_LENGTH 64u
struct flash_key {
    uint8_t length; /* 0: none, and everything is plain */
    uint8_t bytes[FLASH_KEY_MAX_LENGTH];
};

/** ESP_ERR_INVALID_ARG for any other length. */
esp_err_t flash_set_key(struct flash *flash, const struct flash_key *key);
const struct flash_key *flash_key(const struct flash *flash);

/** Reads, as the chip does: past the end is ESP_ERR_INVALID_ARG. */
esp_err_t flash_read(struct flash *flash, uint32_t address, void *out, uint32_t length);

/** Programs: bits are ANDed, and bytes that would need a 0 to become 1 are counted as violations.
 * Past the end is ESP_ERR_INVALID_ARG; length 0 is ESP_OK and no operation. */
esp_err_t flash_program(struct flash *flash, uint32_t address, const void *data, uint32_t length);

/** Erases whole sectors, one operation each. ESP_ERR_INVALID_ARG unless address and length are
 * sector-aligned and inside the chip. */
esp_err_t flash_erase(struct flash *flash, uint32_t address, uint32_t length);

/** Puts bytes into the chip from outside (a programmer, a test that corrupts): no NOR rules, no
 * operation, no count. Past the end is ESP_ERR_INVALID_ARG, and nothing is written. */
esp_err_t flash_load(struct flash *flash, uint32_t address, const void *data, uint32_t length);

/** The bytes at an address, readable until the flash is destroyed; NULL if the range is not all
 * inside the chip. */
const uint8_t *flash_view(const struct flash *flash, uint32_t address, uint32_t length);

struct flash_counters flash_counters(const struct flash *flash);
uint32_t flash_sector_erases(const struct flash *flash, uint32_t address);
uint32_t flash_sector_programs(const struct flash *flash, uint32_t address);

/** Number of erase and program operations so far: the index of the next one. */
uint64_t flash_op_count(const struct flash *flash);

/** Forgets all counters (operation numbers too): what was done so far was preparation. */
void flash_reset_counters(struct flash *flash);

/** A fingerprint of all that was done to the range's sectors since they were erased: it changes
 * with whatever changes a byte (erase, program, load), and equal fingerprints mean equal contents,
 * also between a chip and its snapshots. So what was found out about the range (an image that
 * verifies) may be kept under this number. 0 if the range is empty or not all inside the chip. */
uint64_t flash_version(const struct flash *flash, uint32_t address, uint32_t length);

/** Called after each operation has been applied, in the process that made it; of a torn one,
 * `length` is the half that was. `op` is valid during the call. NULL: no observer. */
typedef void flash_observer(void *context, const struct flash_op *op);
void flash_observe(struct flash *flash, flash_observer *observer, void *context);

/** Power fails at operation `at`. `power_lost` is called when it has; no code of the boot may run
 * after it, so it must not return (_exit, longjmp); where it does, the process aborts.
 * FLASH_CUT_NONE disarms. */
typedef void flash_power_lost(void *context);
void flash_arm_power_cut(struct flash *flash, uint64_t at, enum flash_cut_mode mode,
                         flash_power_lost *power_lost, void *context);

/** Operation `at` returns `error` and does nothing but take its number; the device lives on. Fires
 * once. ESP_OK disarms. */
void flash_arm_error(struct flash *flash, uint64_t at, esp_err_t error);

/** An independent copy of the chip's contents, in process memory (no counters, no faults). */
struct flash *flash_snapshot(const struct flash *flash);

/** Makes the snapshot a copy of `flash` (same size) once more, counters at zero. Only sectors that
 * differ are copied, so this costs microseconds where flash_snapshot costs a millisecond. */
void flash_snapshot_refresh(struct flash *snapshot, const struct flash *flash);

/** Microseconds that the operation takes on a usual chip: a read 7 to 459 us and a program 19 to
 * 6,367 us, in proportion to the length up to a sector and once per sector beyond; a sector erase
 * 37 ms. Nothing takes no time. */
uint32_t flash_read_time_us(uint32_t length);
uint32_t flash_program_time_us(uint32_t length);
uint32_t flash_erase_time_us(uint32_t length);
