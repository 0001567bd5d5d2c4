/* Which signatures the running app wants to see on images. */
#pragma once

#include <stdbool.h>

#include "signature.h"

/** False if it wants none (its sdkconfig lacks CONFIG_SECURE_SIGNED_ON_UPDATE). An app that wants
 * signatures and has none itself trusts nobody. */
bool secure_boot_update_policy(struct signature_policy *out);
