/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An authorization service in little: signs its standard input with the key of
 * a seed, 64 hex digits; `signer SEED public` prints the public key.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_hex(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)printf("%02x", bytes[i]);
	(void)putchar('\n');
}

int main(int argc, char **argv)
{
	unsigned char seed[crypto_sign_SEEDBYTES], text[65536];
	unsigned char public[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	unsigned char signature[crypto_sign_BYTES];
	size_t got = 0, len = 0;
	ssize_t n;

	if (argc < 2 || sodium_init() < 0 ||
		sodium_hex2bin(seed, sizeof(seed), argv[1], strlen(argv[1]),
			NULL, &got, NULL) != 0 ||
		got != sizeof(seed))
		return 2;
	(void)crypto_sign_seed_keypair(public, secret, seed);
	if (argc > 2) {
		print_hex(public, sizeof(public));
		return 0;
	}
	while (len < sizeof(text) &&
		(n = read(0, text + len, sizeof(text) - len)) > 0)
		len += (size_t)n;
	(void)crypto_sign_detached(signature, NULL, text, len, secret);
	print_hex(signature, sizeof(signature));
	return 0;
}
