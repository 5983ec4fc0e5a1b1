/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 of bytes that lie in memory.
 *
 * libsodium's is plain C (0.2 GB/s): the hash of each result would cost more
 * than all else the relay does. Where the processor has SHA instructions they
 * are used (x86-64, some 2 GB/s), else libsodium. The result is the same.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

void sha256(const void *bytes, size_t len, uint8_t ret_hash[32]);
