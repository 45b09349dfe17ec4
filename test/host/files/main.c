// SPDX-License-Identifier: MIT
//
// Protocols, the vfs library, ramfs and bootfs in the laboratory: clients and servers are threads
// on the real kernel core.

#include "tests.h"

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {message_tests, message_test_count}, {hostile_tests, hostile_test_count},
        {vfs_tests, vfs_test_count},         {ramfs_tests, ramfs_test_count},
        {model_tests, model_test_count},     {bootfs_tests, bootfs_test_count},
        {loader_tests, loader_test_count},   {client_tests, client_test_count},
        {mutated_tests, mutated_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
