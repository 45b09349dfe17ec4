// SPDX-License-Identifier: MIT
// Charged memory of any size (account/account.h).
#include <account/account.h>

#include <lib/string.h>
#include <mem/kmalloc.h>

// In front of each piece.
struct head {
    _Alignas(16) struct account *account;
    size_t bytes; // charged: all of it
};

void *account_kmalloc(size_t size)
{
    struct account *a = account_current();
    size_t bytes = size + sizeof(struct head);
    if (bytes < size || account_charge(a, ACCOUNT_KMEM, (int64_t)bytes) != ZX_OK)
        return NULL;
    struct head *h = kmalloc(bytes);
    if (h == NULL) {
        account_uncharge(a, ACCOUNT_KMEM, (int64_t)bytes);
        return NULL;
    }
    *h = (struct head){.account = a, .bytes = bytes};
    return h + 1;
}

void *account_kzalloc(size_t size)
{
    void *p = account_kmalloc(size);
    if (p != NULL)
        memset(p, 0, size);
    return p;
}

struct account *account_of(const void *p)
{
    return ((const struct head *)p - 1)->account;
}

void account_kfree(void *p)
{
    if (p == NULL)
        return;
    struct head h = *((struct head *)p - 1);
    kfree_sized((struct head *)p - 1, h.bytes);
    account_uncharge(h.account, ACCOUNT_KMEM, (int64_t)h.bytes);
}
