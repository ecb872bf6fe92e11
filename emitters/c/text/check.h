#include "$name.h"

#if ${macro}_DIGEST != $digest
#error "This file and $name.h are of two networks: emit the folder anew."
#endif

