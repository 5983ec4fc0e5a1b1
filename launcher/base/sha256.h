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

/*
 * For what may be large: up to SHA256_PIECE bytes the same; above, the SHA-256
 * of a zero byte and the SHA-256 of each piece of so many bytes, the last one
 * shorter. Two pieces at a time take little longer than one. (No JSON begins
 * with a zero byte, so no short text has the hash of a long one.) 0, -ENOMEM.
 */
#define SHA256_PIECE 65536U
int sha256_pieces(const void *bytes, size_t len, uint8_t ret_hash[32]);
