( function () {
	var ID = 'booking-recovery-visit', PAUSE = 2000, looks = 300, shown = document.getElementById( ID );

	// The sentence that is read aloud must stay the same element, and what somebody has opened must stay open.
	function show( html ) {
		var fresh = new DOMParser().parseFromString( html, 'text/html' ).getElementById( ID ), said, says, open;
		if ( ! fresh ) {
			return;
		}
		said = shown.querySelector( '[role=status]' );
		says = fresh.querySelector( '[role=status]' );
		if ( said.textContent !== says.textContent ) {
			said.parentNode.className = says.parentNode.className;
			said.firstElementChild.textContent = says.textContent;
		}
		open = Array.from( shown.querySelectorAll( 'details[open]' ), function ( details ) {
			return details.dataset.state;
		} );
		while ( shown.children.length > 1 ) {
			shown.lastElementChild.remove();
		}
		while ( fresh.children.length > 1 ) {
			shown.append( fresh.children[ 1 ] );
		}
		shown.querySelectorAll( 'details' ).forEach( function ( details ) {
			details.open = open.indexOf( details.dataset.state ) !== -1;
		} );
		shown.dataset.isOver = fresh.dataset.isOver;
	}

	function look() {
		fetch( shown.dataset.address, { credentials: 'same-origin' } ).then( function ( answer ) {
			return answer.ok ? answer.text() : '';
		} ).then( show, function () {} ).then( wait );
	}

	function wait() {
		if ( ! shown.dataset.isOver && looks-- > 0 ) {
			setTimeout( look, PAUSE );
		}
	}

	if ( shown && ! shown.dataset.isOver ) {
		shown.querySelectorAll( '.notice a' ).forEach( function ( link ) {
			link.parentNode.remove();
		} );
		wait();
	}
}() );
