// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tls/authority_file.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct certificate {
	unsigned char *der; /* NULL = it is in the store, or cannot be parsed */
	long len;
	bool trusted; /* what it is good for follows it */
	bool unnamed; /* its name was not found: the parser says what is wrong with it */
	unsigned long hash;
};

struct authority_file {
	struct certificate *certificates;
	size_t count, cap;
};

static unsigned long hash_of(const X509_NAME *name)
{
	return X509_NAME_hash_ex(name, NULL, NULL, NULL);
}

/* One element of DER that ends at `end`: *at moves to its content. Returns where that ends, NULL where it
 * is none. */
static const unsigned char *enter(const unsigned char **at, const unsigned char *end, int *class)
{
	enum { BAD = 0x80, INDEFINITE = 1 };
	long len;
	int tag;
	int result = ASN1_get_object(at, &len, &tag, class, end - *at);
	return result & (BAD | INDEFINITE) ? NULL : *at + len;
}

/* The subject, RFC 5280 section 4.1; NULL where it is not found. The caller frees it. */
static X509_NAME *read_name(const unsigned char *at, long len)
{
	enum { OUTER = 2, BEFORE = 4 }; /* serial number, algorithm, issuer, validity */
	const unsigned char *end = at + len, *next;
	int class;
	for (int i = 0; end && i < OUTER; i++)
		end = enter(&at, end, &class);
	for (int passed = 0; end && passed < BEFORE; at = next) {
		next = enter(&at, end, &class);
		if (!next)
			return NULL;
		passed += class == V_ASN1_UNIVERSAL; /* the version is none of these */
	}
	return end ? d2i_X509_NAME(NULL, &at, end - at) : NULL;
}

static void add(struct authority_file *file, unsigned char *der, long len, bool trusted)
{
	X509_NAME *name = read_name(der, len);
	file->certificates =
	        xgrow(file->certificates, &file->cap, file->count, sizeof *file->certificates);
	file->certificates[file->count++] = (struct certificate){
		.der = der,
		.len = len,
		.trusted = trusted,
		.unnamed = !name,
		.hash = name ? hash_of(name) : 0,
	};
	X509_NAME_free(name);
}

static void forget(struct authority_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		OPENSSL_free(file->certificates[i].der);
	free(file->certificates);
	*file = (struct authority_file){ 0 };
}

struct authority_file *authority_file_new(const char *path)
{
	struct authority_file *file = xcalloc(1, sizeof *file);
	char *kind, *header;
	unsigned char *bytes;
	long len;
	ERR_set_mark();
	BIO *in = BIO_new_file(path, "r");
	while (in && PEM_read_bio(in, &kind, &header, &bytes, &len)) {
		bool trusted = strcmp(kind, PEM_STRING_X509_TRUSTED) == 0;
		if (trusted || strcmp(kind, PEM_STRING_X509) == 0 ||
		    strcmp(kind, PEM_STRING_X509_OLD) == 0)
			add(file, bytes, len, trusted);
		else
			OPENSSL_free(bytes);
		OPENSSL_free(kind);
		OPENSSL_free(header);
	}
	if (in && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		forget(file);
	BIO_free(in);
	ERR_pop_to_mark();
	return file;
}

void authority_file_free(struct authority_file *file)
{
	if (file)
		forget(file);
	free(file);
}

void authority_file_add(struct authority_file *file, const X509_NAME *name, X509_STORE *store)
{
	unsigned long hash = hash_of(name);
	ERR_set_mark();
	for (size_t i = 0; i < file->count; i++) {
		struct certificate *one = &file->certificates[i];
		const unsigned char *at = one->der;
		if (!at || (one->hash != hash && !one->unnamed))
			continue;
		X509 *parsed = one->trusted ? d2i_X509_AUX(NULL, &at, one->len)
		                            : d2i_X509(NULL, &at, one->len);
		OPENSSL_free(one->der);
		one->der = NULL;
		if (parsed && X509_STORE_add_cert(store, parsed))
			authority_file_add(file, X509_get_issuer_name(parsed), store);
		X509_free(parsed);
	}
	ERR_pop_to_mark();
}
