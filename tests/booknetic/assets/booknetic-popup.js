/**
 * The booking button: fetches a panel and opens it over the page.
 */
( function ( $ ) {
	'use strict';

	function open( html ) {
		const modal = $( '<div class="bkntc_booking_modal" role="dialog" aria-modal="true">' ).append(
			$( '<div class="bkntc_booking_modal_body">' ).append(
				$( '<button type="button" class="bkntc_booking_modal_close">' ).text( '×' ).attr( 'aria-label', window.BookneticData.localization.close ).on( 'click', () => modal.remove() ),
				html
			)
		);

		modal.on( 'keydown', ( event ) => {
			if ( 'Escape' === event.key ) {
				modal.remove();
			}
		} );
		$( 'body' ).append( modal );
		modal.find( '.bkntc_booking_modal_close' ).trigger( 'focus' );
		window.bookneticInitBookingPage( modal.find( '.booknetic_appointment' )[ 0 ] );
	}

	$( document ).on( 'click', '.bnktc_booking_popup_btn', ( event ) => {
		const button = $( event.currentTarget );
		const presets = Object.assign( {}, event.currentTarget.dataset, { action: 'bkntc_get_booking_panel', tenant_id: window.BookneticData.tenant_id } );

		presets.show_service = presets.showService;
		delete presets.showService;

		button.prop( 'disabled', true );
		$.post( window.BookneticData.ajax_url, presets, null, 'json' )
			.done( ( result ) => open( $( '<textarea>' ).html( result.html ).val() ) )
			.always( () => button.prop( 'disabled', false ) );
	} );
}( window.jQuery ) );
