#include "device.h"

#include <string.h>
#include <sys/mman.h>

#include "flash_cipher.h"

#define DEFAULT_FLASH_SIZE            (4u * 1024 * 1024)
#define DEFAULT_SECURE_VERSION_LENGTH 16

static struct device *current;

struct device *device_create(const struct device_config *config)
{
    struct device *device =
        mmap(NULL, sizeof *device, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
    if (device == MAP_FAILED) {
        return NULL;
    }
    device->flash = flash_create(config->flash_size != 0 ? config->flash_size : DEFAULT_FLASH_SIZE);
    if (device->flash == NULL ||
        (config->efuse.flash_encryption &&
         flash_set_key(device->flash, &config->efuse.flash_key) != ESP_OK)) {
        flash_destroy(device->flash);
        munmap(device, sizeof *device);
        return NULL;
    }
    device->chip = config->chip != NULL ? config->chip : chip_by_name("esp32s3");
    device->efuse = config->efuse;
    if (device->efuse.secure_version_length == 0) {
        device->efuse.secure_version_length = DEFAULT_SECURE_VERSION_LENGTH;
    }
    device->epoch_s = config->epoch_s;
    device->pins_low = config->pins_low;
    device->pins_high = config->pins_high;
    device->reset_reason = DEVICE_RESET_POWERON;
    return device;
}

void device_destroy(struct device *device)
{
    if (device == NULL) {
        return;
    }
    flash_destroy(device->flash);
    munmap(device, sizeof *device);
}

void device_load_partition_table(struct device *device, const struct partition_table *table)
{
    uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
    partition_table_to_binary(table, binary);
    flash_load_encrypted(device->flash, PARTITION_TABLE_OFFSET, binary, sizeof binary);
}

esp_err_t device_partition_table(struct device *device, struct partition_table *out,
                                 struct error *err)
{
    uint8_t binary[PARTITION_TABLE_MAX_LENGTH];
    esp_err_t result =
        flash_read_decrypted(device->flash, PARTITION_TABLE_OFFSET, binary, sizeof binary);
    if (result != ESP_OK) {
        error_set(err, "partition table: flash ends before 0x%x",
                  (unsigned)(PARTITION_TABLE_OFFSET + PARTITION_TABLE_MAX_LENGTH));
        return result;
    }
    return partition_table_from_binary(binary, sizeof binary, flash_size(device->flash), out, err);
}

struct device *device_current(void)
{
    return current;
}

void device_set_current(struct device *device)
{
    current = device;
}

/* Of this process: a boot's watchdog is nobody else's. */
static struct {
    uint64_t at_us;
    void (*ring)(void *context);
    void *context;
} watchdog;

void device_advance_us(struct device *device, uint64_t us)
{
    device->now_us += us;
    if (watchdog.at_us != 0 && device->now_us >= watchdog.at_us) {
        watchdog.at_us = 0;
        watchdog.ring(watchdog.context);
    }
}

static bool (*waiter)(uint64_t us);

bool device_wait_us(struct device *device, uint64_t us)
{
    if (waiter != NULL) {
        return waiter(us);
    }
    if (us == UINT64_MAX) {
        return false;
    }
    device_advance_us(device, us);
    return true;
}

void device_set_waiter(bool (*new_waiter)(uint64_t us))
{
    waiter = new_waiter;
}

void device_set_alarm(struct device *device, uint64_t at_us, void (*ring)(void *context),
                      void *context)
{
    (void)device;
    watchdog.at_us = at_us;
    watchdog.ring = ring;
    watchdog.context = context;
}
