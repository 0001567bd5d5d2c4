/* Name resolution: that of the host. */
#pragma once

#include <netdb.h>

#include "lwip/inet.h"
