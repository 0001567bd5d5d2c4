/* A network (net.h) whose peer is a byte string: what is written goes nowhere, what is read comes
 * from the input, in pieces. 0xFF in the input, with the byte behind it, ends a piece early:
 * 'c' the peer closes, 'e' the connection breaks, 't' nothing comes until the timeout; before
 * anything else it stands for the byte behind it. A new connection reads on where the last one
 * stopped. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** The pieces of the input are, in turns, sizes[0] and sizes[1] bytes long at most (0: as much as
 * is asked for). The bytes stay the caller's. */
void fuzz_net_set_input(const uint8_t *bytes, size_t length, const uint8_t sizes[2]);
