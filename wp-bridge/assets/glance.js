( function () {
	// One sentence is read aloud, and not all of the figures.
	function say( glance, text ) {
		glance.querySelector( '.booking-recovery-glance-age' ).textContent = text;
		glance.querySelector( '[role=status]' ).textContent = text;
	}

	function fill( glance, html ) {
		glance.querySelector( '.booking-recovery-glance-content' ).innerHTML = html;
		say( glance, glance.querySelector( '.booking-recovery-glance-age' ).textContent );
	}

	document.querySelectorAll( '.booking-recovery-glance[data-address]' ).forEach( function ( glance ) {
		glance.setAttribute( 'aria-busy', 'true' );
		say( glance, glance.dataset.asking );
		fetch( glance.dataset.address, { credentials: 'same-origin' } ).then( function ( answer ) {
			if ( ! answer.ok ) {
				throw new Error( answer.statusText );
			}
			return answer.text();
		} ).then( function ( html ) {
			fill( glance, html );
		} ).catch( function () {
			say( glance, glance.dataset.failed );
		} ).then( function () {
			glance.removeAttribute( 'aria-busy' );
		} );
	} );
}() );
