// SPDX-License-Identifier: MIT
// Charged memory of any size (account/account.h).
#include <account/account.h>

#include <lib/string.h>
#include <mem/kmalloc.h>

#define SIZE_LIMIT (UINT32_MAX / 2) // what nobody can have; with all that comes to it, 32 bits hold it

// In front of each piece.
struct head {
    _Alignas(16) struct account *account;
    uint32_t bytes;  // of it all
    uint32_t beside; // charged with it
};

void *account_kmalloc_beside(size_t size, uint32_t beside)
{
    if (unlikely(size > SIZE_LIMIT))
        return NULL;
    struct account *a = account_current();
    size_t bytes = kmalloc_size(size + sizeof(struct head));
    if (account_charge(a, ACCOUNT_KMEM, (int64_t)(bytes + beside)) != ZX_OK)
        return NULL;
    struct head *h = kmalloc(bytes);
    if (h == NULL) {
        account_uncharge(a, ACCOUNT_KMEM, (int64_t)(bytes + beside));
        return NULL;
    }
    *h = (struct head){.account = a, .bytes = (uint32_t)bytes, .beside = beside};
    return h + 1;
}

void *account_kmalloc(size_t size)
{
    return account_kmalloc_beside(size, 0);
}

void *account_kzalloc(size_t size)
{
    void *p = account_kmalloc(size);
    if (p != NULL)
        memset(p, 0, size);
    return p;
}

void account_kfree(void *p)
{
    if (p == NULL)
        return;
    struct head h = *((struct head *)p - 1);
    kfree_sized((struct head *)p - 1, h.bytes);
    account_uncharge(h.account, ACCOUNT_KMEM, (int64_t)h.bytes + h.beside);
}
