<?php
/**
 * The button that opens the pop-up.
 *
 * @package BookneticStandIn
 *
 * @var array $view Attributes of the shortcode.
 */

declare( strict_types = 1 );

?>
<button type="button" class="bnktc_booking_popup_btn <?php echo esc_attr( $view['class'] ); ?>" style="<?php echo esc_attr( $view['style'] ); ?>" data-location="<?php echo esc_attr( $view['location'] ); ?>" data-theme="<?php echo esc_attr( $view['theme'] ); ?>" data-category="<?php echo esc_attr( $view['category'] ); ?>" data-staff="<?php echo esc_attr( $view['staff'] ); ?>" data-service="<?php echo esc_attr( $view['service'] ); ?>" data-show-service="<?php echo esc_attr( $view['show_service'] ); ?>"><?php echo esc_html( $view['caption'] ); ?></button>
