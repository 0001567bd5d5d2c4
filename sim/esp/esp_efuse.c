#include "esp_efuse.h"

#include "device.h"
#include "esp_flash_encrypt.h"
#include "hal/efuse_hal.h"

/* Outside of a boot the chip is blank. */
static struct efuse *burnt(void)
{
    static struct efuse blank;
    struct device *device = device_current();
    return device != NULL ? &device->efuse : &blank;
}

uint32_t esp_efuse_read_secure_version(void)
{
    return efuse_secure_version(burnt());
}

bool esp_efuse_check_secure_version(uint32_t secure_version)
{
    return efuse_allows_secure_version(burnt(), secure_version);
}

esp_err_t esp_efuse_update_secure_version(uint32_t secure_version)
{
    return efuse_raise_secure_version(burnt(), secure_version);
}

bool esp_efuse_is_flash_encryption_enabled(void)
{
    return burnt()->flash_encryption;
}

bool esp_flash_encryption_enabled(void)
{
    return burnt()->flash_encryption;
}

bool efuse_hal_flash_encryption_enabled(void)
{
    return burnt()->flash_encryption;
}

uint32_t efuse_hal_chip_revision(void)
{
    return burnt()->chip_revision;
}

uint32_t efuse_hal_get_major_chip_version(void)
{
    return burnt()->chip_revision / 100u;
}

uint32_t efuse_hal_get_minor_chip_version(void)
{
    return burnt()->chip_revision % 100u;
}

uint32_t efuse_hal_blk_version(void)
{
    return burnt()->block_revision;
}

bool efuse_hal_get_disable_wafer_version_major(void)
{
    return burnt()->ignore_wafer_major;
}

bool efuse_hal_get_disable_blk_version_major(void)
{
    return burnt()->ignore_block_major;
}

bool esp_efuse_get_digest_revoke(unsigned num_digest)
{
    return num_digest < EFUSE_MAX_KEY_DIGESTS &&
           ((unsigned)burnt()->revoked_keys >> num_digest & 1u) != 0;
}

esp_err_t esp_efuse_set_digest_revoke(unsigned num_digest)
{
    return efuse_revoke_key(burnt(), num_digest);
}
