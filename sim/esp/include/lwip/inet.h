/* Addresses: those of the host. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
