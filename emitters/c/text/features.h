#define ${macro}_FEATURES $maps /* feature maps, which are all outputs */
#define ${macro}_FEATURE_CHANNELS $channels
#define ${macro}_FEATURE_STRIDES $strides
#define ${macro}_FEATURE_HEIGHTS $heights
#define ${macro}_FEATURE_WIDTHS $widths
#define ${macro}_FEATURE_STARTS $starts /* where each map begins among the outputs */
