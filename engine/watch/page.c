/* The assembler includes the page as it is; the path is that of the repository's root, where make
 * runs. */
#include "inside.h"

__asm__(".section .rodata\n"
        ".global tbi_board_page\n"
        ".global tbi_board_page_end\n"
        "tbi_board_page:\n"
        ".incbin \"engine/watch/board.html\"\n"
        "tbi_board_page_end:\n"
        ".byte 0\n"
        ".previous\n");
